/**
 * `npm run soak -- kill`: SIGKILL to broker, controllers and API server at random moments while instances
 * and bindings come, change and go; then everything must be as it was asked for, on every server. The short version
 * runs in `npm test`.
 */
import { argumentsOf } from '../../bench/shared/command.ts';
import { count } from '../../bench/shared/measurement.ts';
import { killOnStack } from '../support/kill-on-stack.ts';
import { readEndpoints } from '../support/shared-stack.ts';
import { startStack } from '../support/stack.ts';

const COMMAND = {
  name: 'npm run soak -- kill',
  says: 'SIGKILL to broker, controllers and API server at random moments; then everything must be as it was asked for.',
  flags: {
    kills: { value: 'N', says: 'how many', default: '50' },
    seed: { value: 'N', says: 'that of a run which is to be repeated; a new one without' },
  },
} as const;

const { kills, seed } = argumentsOf(COMMAND, (values) => ({
  kills: count('--kills', values.kills, 100_000),
  seed: values.seed === undefined ? Date.now() % 1_000_000 : count('--seed', values.seed, 2 ** 31, 0),
}));

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
