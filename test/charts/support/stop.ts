import { removeRunFolder } from '../../support/test-run-folder.ts';
import './start.ts';

/** Jest's global teardown of the project "charts". */
export default async function stopChartsRun(): Promise<void> {
  const run = globalThis.chartsRun;
  if (run === undefined) return;
  await run.plane.stop();
  await removeRunFolder(run.folder);
}
