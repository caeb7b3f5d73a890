import { recordHome, recordText } from './evidence.ts';
import './start-shared-stack.ts';

/** Jest's global teardown of the project "e2e": leaves what the search for secrets reads, and stops everything. */
export default async function stopSharedStack(): Promise<void> {
  const state = globalThis.sharedStack;
  if (state === undefined) return;
  const { stack, collector } = state;
  await collector.stop();
  await stack.stop();
  await recordHome('logs', stack.home);
  await recordText('npm-start.txt', stack.output());
  await stack.remove();
}
