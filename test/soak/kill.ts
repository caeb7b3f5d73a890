/**
 * `npm run soak -- kill [--kills 50] [--seed N]`: SIGKILL to broker, controllers and API server at random moments while instances
 * and bindings come, change and go; then everything must be as it was asked for, on every server. The short version
 * runs in `npm test`.
 */
import { parseArgs } from 'node:util';
import { killOnStack } from '../support/kill-on-stack.ts';
import { readEndpoints } from '../support/shared-stack.ts';
import { startStack } from '../support/stack.ts';

const { values } = parseArgs({ options: { kills: { type: 'string', default: '50' }, seed: { type: 'string' } } });
const seed = Number(values.seed ?? Date.now() % 1_000_000);
const kills = Number(values.kills);

console.log(`kill soak: ${kills} kills, seed ${seed}`);
const stack = await startStack();
try {
  const started = Date.now();
  const endpoints = await readEndpoints(stack.home);
  const report = await killOnStack(
    { home: stack.home, endpoints, kubeconfig: endpoints.apiserver.kubeconfig },
    { kills, seed, report: (line) => console.log(line) },
  );
  console.log(JSON.stringify({ ...report, seconds: Math.round((Date.now() - started) / 1000) }, null, 2));
  process.exitCode = report.faults.length === 0 ? 0 : 1;
} finally {
  await stack.stop();
}
