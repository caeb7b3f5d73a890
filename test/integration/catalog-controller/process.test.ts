import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { SERVICE_BINDINGS, SERVICE_INSTANCES } from '../../../lib/catalog/resources.ts';
import { LEASES, SECRETS } from '../../../lib/kube/core-resources.ts';
import { Programs } from '../../support/programs.ts';
import type { Program } from '../../support/programs.ts';
import { Random } from '../../support/random.ts';
import { eventually } from '../../support/wait.ts';
import { ControllerWorld } from './support/controller-world.ts';

jest.setTimeout(90_000);

/** Decides at which request the program is killed. */
const SEED = Date.now() % 1_000_000;

let world: ControllerWorld;
const programs = new Programs();

beforeAll(async () => {
  world = await ControllerWorld.startWithoutController();
});
afterAll(async () => {
  await programs.stop();
  await world.stop();
});

function start(...flags: string[]): Program {
  const args = ['--kubeconfig', world.kubeconfigFile, '--admission', 'apiserver', '--listen', '127.0.0.1:0'];
  const quick = ['--retry-maximum-backoff-duration', '300ms', '--operation-polling-maximum-backoff-duration', '200ms'];
  return programs.start('catalog-controller/main.ts', [...args, ...quick, ...flags]);
}

describe('the program', () => {
  test(`is killed again and again while it works, and nothing is lost or left behind (seed ${SEED})`, async () => {
    const random = new Random(SEED);
    const controllers = [start()];
    const namespace = await world.namespace('killed');
    const broker = await world.broker('killed');
    broker.always('ProvisionInstance', { kind: 'async', polls: 1, end: 'succeeded' });
    const names = Array.from({ length: 8 }, (_, index) => `n${index}`);
    const applying = (async () => {
      for (const name of names) {
        await world.binding(namespace, name, name);
        await world.instance(namespace, name, 'killed', { parameters: { name } });
      }
    })();
    for (let kill = 0; kill < 3; kill += 1) {
      const seen = broker.requests.length;
      const until = seen + random.between(2, 8);
      await eventually('some work', () => broker.requests.length >= until, { everyMs: 5 });
      await controllers.at(-1)!.end('SIGKILL');
      controllers.push(start());
    }
    await applying;
    for (const name of names) await world.ready(SERVICE_BINDINGS, { namespace, name });
    expect(broker.world.instances.size).toBe(names.length);
    expect(broker.world.bindings.size).toBe(names.length);
    expect(broker.world.made).toEqual({ instances: names.length, bindings: names.length });

    for (const name of names) await world.delete(SERVICE_BINDINGS, { namespace, name });
    for (const name of names) await world.delete(SERVICE_INSTANCES, { namespace, name });
    await eventually('deletions to begin', () => broker.world.bindings.size < names.length - 2, { everyMs: 5 });
    await controllers.at(-1)!.end('SIGKILL');
    controllers.push(start());
    for (const name of names) await world.gone(SERVICE_INSTANCES, { namespace, name });
    expect([broker.world.instances.size, broker.world.bindings.size]).toEqual([0, 0]);
    expect((await world.kube.list(SECRETS, { namespace })).items).toEqual([]);
    expect(broker.world.violations).toEqual([]);

    expect(await controllers.at(-1)!.end('SIGTERM')).toBe(0);
    for (const { log } of controllers) expect(log()).not.toContain('fake-password');
  });

  test('works in one of two copies, and in the other when the first stops', async () => {
    const namespace = await world.namespace('leaders');
    const first = start('--leader-elect', '--leader-election-namespace', namespace);
    const lease = (): Promise<string | undefined> =>
      world.kube
        .get(LEASES, { namespace, name: 'service-catalog-controller-manager' })
        .then((found) => found?.spec?.holderIdentity);
    const holder = await eventually('a leader', lease);
    const second = start('--leader-elect', '--leader-election-namespace', namespace);
    await second.says(/started/);
    expect(await lease()).toBe(holder);
    expect(await first.end('SIGTERM')).toBe(0);
    await eventually('the second to lead', async () => {
      const now = await lease();
      return now !== undefined && now !== '' && now !== holder;
    });
    await world.broker('led');
    await world.ready(SERVICE_INSTANCES, await world.instance(namespace, 'db', 'led'));
    expect(await second.end('SIGTERM')).toBe(0);
  });

  test.each([
    [['--admission', 'maybe'], '--admission must be webhook, apiserver or none, not "maybe"'],
    [['--resync-interval', '5'], '--resync-interval must be a duration above zero such as 90s, 5m or 24h, not "5"'],
    [['--kubeconfig', '/nowhere'], '/nowhere'],
    [['--nonsense'], "Unknown option '--nonsense'; --help lists the flags"],
  ])('refuses %j with one sentence and exit code 2', async (flags, sentence) => {
    const { ended, log } = start(...flags);
    expect([await ended, log()]).toEqual([2, expect.stringContaining(sentence)]);
  });
});
