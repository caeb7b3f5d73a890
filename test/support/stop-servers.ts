import { removeRunFolder } from './test-run-folder.ts';

/** Jest's global teardown of the project "integration": stops the servers of the run and removes their data. */
export default async function stopServers(): Promise<void> {
  const folder = process.env['SC_TEST_RUN_FOLDER'];
  if (folder !== undefined) await removeRunFolder(folder);
}
