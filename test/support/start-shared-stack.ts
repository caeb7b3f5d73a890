import { join } from 'node:path';
import { provideKubectl } from './ensure-kubectl.ts';
import { SecretCollector } from './secret-collector.ts';
import { startStack } from './stack.ts';
import type { StartedStack } from './stack.ts';

/** What the teardown, in the same process, needs. */
export interface SharedStackState {
  readonly stack: StartedStack;
  readonly collector: SecretCollector;
}

declare global {
  var sharedStack: SharedStackState | undefined;
}

/** Jest's global set-up of the project "e2e": one stack for all suites, with the quickstart applied. */
export default async function startSharedStack(): Promise<void> {
  await provideKubectl();
  const stack = await startStack();
  process.env['SC_SHARED_STACK'] = stack.home;
  const collector = new SecretCollector(join(stack.home, 'kubeconfig'));
  await collector.start();
  globalThis.sharedStack = { stack, collector };
}
