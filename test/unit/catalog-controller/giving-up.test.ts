import { describe, expect, test } from '@jest/globals';
import { findCondition, isTrue } from '../../../lib/catalog/conditions.ts';
import { settlePoll } from '../../../catalog-controller/instance/settle-poll.ts';
import { settleProvision } from '../../../catalog-controller/instance/settle-provision.ts';
import { GENERATED_ID } from '../../../lib/catalog/external-id.ts';
import type { ServiceInstance } from '../../../lib/catalog/types.generated.ts';
import { anInstance, NOW, observing } from './instance/builders.ts';
import { POLICY } from './world/policy.ts';
import { World } from './world/world.ts';

const DAY = 24 * 3_600_000;

type Kind = 'instance' | 'binding';
type Fault = 'async' | 'error-before';

function objectOf(world: World, kind: Kind): ReturnType<World['instances' | 'bindings']['current']> {
  return kind === 'instance' ? world.instances.current('db') : world.bindings.current('app');
}

/**
 * Passes over one object for so many days. Every request is accepted and then fails, or fails at once; what has to be
 * removed is removed, asynchronously as well when `removals` says so. Returns when `until` first held, in days.
 */
function live(world: World, kind: Kind, fault: Fault, days: number, removals: Fault | 'none', until: () => boolean) {
  const begin = world.now;
  let held: number | undefined;
  for (let rounds = 0; world.now < begin + days * DAY; rounds += 1) {
    if (rounds > 200_000) throw new Error('the controller does not rest between attempts');
    const object = objectOf(world, kind);
    if (held === undefined && until()) held = (world.now - begin) / DAY;
    const removing =
      object?.status?.orphanMitigationInProgress === true || object?.metadata.deletionTimestamp !== undefined;
    const result = world.pass(kind, kind === 'instance' ? 'db' : 'app', { fault: removing ? removals : fault });
    // Nine minutes of work for each operation, which then fails; removals of remains succeed.
    if (objectOf(world, kind)?.status?.asyncOpInProgress === true) {
      world.now += 9 * 60_000;
      const mitigating = objectOf(world, kind)?.status?.orphanMitigationInProgress === true;
      world.broker.finish(kind, object?.spec.externalID ?? '', mitigating, true);
    } else if (result !== 'acted') world.now = Math.max(world.now + 1_000, result ?? world.now + DAY);
  }
  return held;
}

function provisioned(): World {
  const world = new World();
  world.createInstance('db');
  for (let pass = 0; pass < 5; pass += 1) world.pass('instance', 'db');
  expect(isTrue(world.instances.current('db')?.status, 'Ready')).toBe(true);
  return world;
}

describe.each<[Fault, Fault | 'none']>([
  ['error-before', 'none'],
  ['async', 'none'],
  ['async', 'async'],
])('what a broker answers with "%s" for ever (removals: "%s")', (fault, removals) => {
  const failed = (world: World, kind: Kind) => (): boolean => isTrue(objectOf(world, kind)?.status, 'Failed');
  const reason = (world: World, kind: Kind): string | undefined =>
    findCondition(objectOf(world, kind)?.status, 'Failed')?.reason;

  test.each<[string, (world: World) => void, Kind]>([
    ['provision', () => undefined, 'instance'],
    ['update', (world) => world.editInstance('db', 'parameters', 1), 'instance'],
    [
      'bind',
      (world) => {
        world.retrievable = true;
        world.createBinding('app', 'db');
      },
      'binding',
    ],
  ])('is given up after a week: %s', (what, begin, kind) => {
    const world = what === 'provision' ? new World() : provisioned();
    if (what === 'provision') world.createInstance('db');
    begin(world);
    const held = live(world, kind, fault, 60, removals, failed(world, kind));
    expect(held).toBeGreaterThanOrEqual(7);
    expect(held).toBeLessThan(7.2);
    expect(reason(world, kind)).toBe('ErrorReconciliationRetryTimeout');
  });

  test('is said to have failed after a week, and tried on, where it is a removal', () => {
    const world = provisioned();
    world.deleteInstance('db');
    const held = live(world, 'instance', fault, 8, fault, failed(world, 'instance'));
    expect(held).toBeGreaterThanOrEqual(7);
    expect(objectOf(world, 'instance')?.status?.retry?.nextAttemptTime).toBeDefined();
  });

  test('has a week again from the last change of the spec', () => {
    const world = new World();
    world.createInstance('db');
    live(world, 'instance', fault, 5, removals, () => false);
    world.editInstance('db', 'parameters', 1);
    const held = live(world, 'instance', fault, 8, removals, failed(world, 'instance'));
    expect(held).toBeGreaterThanOrEqual(POLICY.giveUpAfterMs / DAY - 0.1);
  });
});

test('an instance whose user chose its id is given up as well, and nothing is removed for it', () => {
  const instance = anInstance({
    observedGeneration: 1,
    currentOperation: 'Provision',
    deprovisionStatus: 'Required',
    asyncOpInProgress: true,
    asyncOpStartTime: new Date(NOW - 60_000).toISOString(),
    operationStartTime: new Date(NOW - POLICY.giveUpAfterMs).toISOString(),
  });
  instance.spec.externalID = 'chosen';
  const { status } = settlePoll(observing(instance), { kind: 'success', status: 200, body: { state: 'failed' } });
  expect(findCondition(status, 'Failed')?.reason).toBe('ErrorReconciliationRetryTimeout');
  expect(status).toMatchObject({ deprovisionStatus: 'Required' });
  for (const field of ['orphanMitigationInProgress', 'asyncOpInProgress', 'asyncOpStartTime', 'retry']) {
    expect(status).not.toHaveProperty(field);
  }
});

describe('an answer that leaves open what there is at the broker', () => {
  const unclear = { kind: 'timed-out', message: 'no answer' } as const;
  const intended = (): ServiceInstance => {
    const instance = anInstance({ currentOperation: 'Provision', deprovisionStatus: 'Required' });
    instance.spec.externalID = 'made-up';
    return { ...instance, metadata: { ...instance.metadata, annotations: { [GENERATED_ID]: 'made-up' } } };
  };

  test('has it removed where admission says that the id was made up', () => {
    const { status } = settleProvision(observing(intended()), false, unclear);
    expect(status.orphanMitigationInProgress).toBe(true);
  });

  test('has nothing removed where anybody could have said so', () => {
    const { status } = settleProvision(observing(intended(), { admissionIsTrusted: false }), false, unclear);
    expect(status).not.toHaveProperty('orphanMitigationInProgress');
    expect(status.deprovisionStatus).toBe('Required');
  });
});
