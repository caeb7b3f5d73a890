import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { decideAdmission } from '../../../lib/catalog/admission/admit.ts';
import { SERVICE_INSTANCES } from '../../../lib/catalog/resources.ts';
import { LEASES } from '../../../lib/kube/core-resources.ts';
import { eventually } from '../../support/wait.ts';
import { ControllerWorld } from './support/controller-world.ts';

jest.setTimeout(90_000);

/** Requests that a client has on their way at once; the others wait in line. */
const IN_FLIGHT = 32;

let world: ControllerWorld;
/** The API server answers to no status of an instance before this. */
let gate = Promise.withResolvers<undefined>();
let held = 0;

beforeAll(async () => {
  gate.resolve(undefined);
  world = await ControllerWorld.start(
    { leaderElection: { namespace: 'default' }, concurrentSyncs: 2 * IN_FLIGHT },
    {
      admission: async (request, lookUp) => {
        if (request.resource.plural === SERVICE_INSTANCES.plural && request.subresource === 'status') {
          held += 1;
          await gate.promise;
          held -= 1;
        }
        return decideAdmission(request, lookUp);
      },
    },
  );
});
afterAll(async () => {
  gate.resolve(undefined);
  await world.stop();
});

test('the lease is renewed while the controllers wait for the answers to as many requests as they may send', async () => {
  await world.broker('slow');
  const namespace = await world.namespace('waiting');
  gate = Promise.withResolvers();
  const names = Array.from({ length: IN_FLIGHT + 8 }, (_, index) => `db-${index}`);
  for (const name of names) await world.instance(namespace, name, 'slow');
  await eventually('no more requests to be let through', () => held === IN_FLIGHT, { everyMs: 10 });

  const renewTime = async (): Promise<string | undefined> => {
    const key = { namespace: 'default', name: 'service-catalog-controller-manager' };
    return (await world.kube.get(LEASES, key))?.spec?.renewTime;
  };
  // The first renewal may have been on its way before.
  for (const before of [await renewTime(), undefined]) {
    const known = before ?? (await renewTime());
    await eventually('a renewal', async () => (await renewTime()) !== known, { timeoutMs: 15_000 });
  }
  expect(held).toBe(IN_FLIGHT);

  gate.resolve(undefined);
  for (const name of names) await world.ready(SERVICE_INSTANCES, { namespace, name });
});
