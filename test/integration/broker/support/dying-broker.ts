import type { Engine } from '../../../../broker/engine/engine.ts';
import type { BrokerConfig } from '../../../../broker/config/config.ts';
import { engineFactory } from '../../../../broker/create-engine.ts';
import { startBroker } from '../../../../broker/program.ts';
import type { WorkerTimings } from '../../../../broker/worker/timings.ts';
import { runProgram } from '../../../../lib/runtime/lifecycle.ts';
import { createLogger } from '../../../../lib/runtime/log.ts';

/**
 * A broker process that kills itself with SIGKILL at one point: `DIE_AT` is `before:METHOD` or `after:METHOD` of its
 * engines. `BROKER_CONFIG` is its configuration and `BROKER_TIMINGS` its worker's timings
 * as JSON, keys in base64. Started by takeover.test.ts, not by a user.
 */
const [when, method] = (process.env['DIE_AT'] ?? ':').split(':');
const config = JSON.parse(process.env['BROKER_CONFIG'] ?? '') as BrokerConfig;
const keys = config.encryption.keys.map(({ label, key }) => ({ label, key: Buffer.from(String(key), 'base64') }));
const timings = JSON.parse(process.env['BROKER_TIMINGS'] ?? '') as WorkerTimings;
const log = createLogger('broker');

const dieAround = async (name: string, call: () => Promise<void>): Promise<void> => {
  if (name === method && when === 'before') process.kill(process.pid, 'SIGKILL');
  await call();
  if (name === method && when === 'after') process.kill(process.pid, 'SIGKILL');
};

await runProgram(log, async (lifecycle) => {
  const factory = engineFactory(log, config.limits.operationsPerServer);
  await startBroker(
    lifecycle,
    { ...config, encryption: { keys } },
    (server) => {
      const engine = factory(server);
      const dying: Engine = {
        ...engine,
        createDatabase: (spec) => dieAround('createDatabase', () => engine.createDatabase(spec)),
        setConnectionLimit: (name, limit) =>
          dieAround('setConnectionLimit', () => engine.setConnectionLimit(name, limit)),
        dropDatabase: (name) => dieAround('dropDatabase', () => engine.dropDatabase(name)),
        createLogin: (spec) => dieAround('createLogin', () => engine.createLogin(spec)),
        dropLogin: (name, username) => dieAround('dropLogin', () => engine.dropLogin(name, username)),
      };
      return dying;
    },
    log,
    timings,
  );
});
