import { describe, test } from '@jest/globals';
import fc from 'fast-check';
import { isTrue } from '../../../lib/catalog/conditions.ts';
import type { Mishap } from './world/circumstances.ts';
import { FAULTS } from './world/model-broker.ts';
import type { Fault } from './world/model-broker.ts';
import { World } from './world/world.ts';

/**
 * Random histories of crash, failure, edit and deletion, after which everything is well again: then the controller has
 * to bring about what the objects say, and lose or leave nothing.
 */

const INSTANCES = ['db', 'cache'] as const;
const BINDINGS = ['app', 'admin'] as const;
type Who = readonly ['instance' | 'binding', string];
const EVERYBODY: readonly Who[] = [
  ...INSTANCES.map((name) => ['instance', name] as const),
  ...BINDINGS.map((name) => ['binding', name] as const),
];

const RUNS = 10_000;

type Step =
  | { readonly do: 'pass'; readonly who: Who; readonly fault: Fault; readonly mishap: Mishap; readonly lag: number }
  | { readonly do: 'create instance' | 'delete instance'; readonly name: string }
  | { readonly do: 'create binding' | 'delete binding'; readonly name: string; readonly instance: string }
  | {
      readonly do: 'edit';
      readonly name: string;
      readonly change: 'parameters' | 'plan' | 'bump';
      readonly value: number;
    }
  | { readonly do: 'meddle'; readonly name: string; readonly how: 'foreign' | 'delete' | 'edit' }
  | { readonly do: 'finish'; readonly who: Who; readonly succeeds: boolean; readonly remains: boolean }
  | { readonly do: 'time'; readonly seconds: number }
  | { readonly do: 'class'; readonly exists: boolean }
  | { readonly do: 'crash' }
  | { readonly do: 'delete broker' };

const instanceName = fc.constantFrom(...INSTANCES);
const bindingName = fc.constantFrom(...BINDINGS);
const who = fc.constantFrom(...EVERYBODY);

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 24,
    arbitrary: fc.record({
      do: fc.constant('pass' as const),
      who,
      fault: fc.oneof({ weight: 3, arbitrary: fc.constant<Fault>('none') }, fc.constantFrom(...FAULTS)),
      mishap: fc.oneof(
        { weight: 8, arbitrary: fc.constant<Mishap>('none') },
        fc.constantFrom<Mishap>('crash-before-write', 'write-fails'),
      ),
      lag: fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, fc.constantFrom(1, 2)),
    }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constantFrom('create instance'), name: instanceName }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom('delete instance'), name: instanceName }) },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constantFrom('create binding', 'delete binding'),
      name: bindingName,
      instance: instanceName,
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('edit' as const),
      name: instanceName,
      change: fc.constantFrom('parameters', 'plan', 'bump'),
      value: fc.nat(1),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('meddle' as const),
      name: bindingName,
      how: fc.constantFrom('foreign', 'delete', 'edit'),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constant('finish' as const), who, succeeds: fc.boolean(), remains: fc.boolean() }),
  },
  {
    weight: 6,
    arbitrary: fc.record({ do: fc.constant('time' as const), seconds: fc.constantFrom(1, 20, 400, 40_000) }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('class' as const), exists: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('crash' as const) }) },
);

/** The usual beginning: everything applied together. */
const beginning: readonly Step[] = [
  { do: 'create binding', name: 'app', instance: 'db' },
  { do: 'create instance', name: 'db' },
];

function take(world: World, one: Step): void {
  switch (one.do) {
    case 'pass':
      world.pass(one.who[0], one.who[1], one);
      return;
    case 'create instance':
      world.createInstance(one.name);
      return;
    case 'delete instance':
      world.deleteInstance(one.name);
      return;
    case 'create binding':
      // Admission refuses a binding of an instance that is being deleted.
      if (world.instances.current(one.instance)?.metadata.deletionTimestamp === undefined) {
        world.createBinding(one.name, one.instance);
      }
      return;
    case 'delete binding':
      world.deleteBinding(one.name);
      return;
    case 'edit':
      world.editInstance(one.name, one.change, one.value);
      return;
    case 'meddle':
      world.meddleWithSecret(one.name, one.how);
      return;
    case 'finish':
      finish(world, one.who, one.succeeds, one.remains);
      return;
    case 'time':
      world.now += one.seconds * 1000;
      return;
    case 'class':
      world.classExists = one.exists;
      return;
    case 'crash':
      world.crash();
      return;
    case 'delete broker':
      world.deleteBrokerObject();
      return;
  }
}

function finish(world: World, [kind, name]: Who, succeeds: boolean, remains: boolean): void {
  const object = kind === 'instance' ? world.instances.current(name) : world.bindings.current(name);
  const id = object?.spec.externalID;
  if (id !== undefined) world.broker.finish(kind, id, succeeds, remains);
}

/** Lets the controller work in a world where nothing goes wrong, until it has nothing left to do. */
function settle(world: World): void {
  for (let round = 0; round < 300; round += 1) {
    let acted = false;
    let wakeAt = Infinity;
    for (const [kind, name] of EVERYBODY) {
      finish(world, [kind, name], true, false);
      const result = world.pass(kind, name);
      if (result === 'acted') acted = true;
      else if (result !== undefined && !isSteady(world, kind, name)) wakeAt = Math.min(wakeAt, result);
    }
    if (!acted && wakeAt === Infinity) return;
    if (!acted) world.now = Math.max(world.now + 1, wakeAt);
  }
  throw new Error('the controller does not come to rest');
}

/** Ready or Failed: all that is left to do is to look at the Secret now and then. */
function isSteady(world: World, kind: Who[0], name: string): boolean {
  const object = kind === 'instance' ? world.instances.current(name) : world.bindings.current(name);
  return (
    object?.metadata.deletionTimestamp === undefined &&
    (isTrue(object?.status, 'Ready') || isTrue(object?.status, 'Failed'))
  );
}

/** The cause of every trouble goes away, and users do what the messages tell them. */
function heal(world: World): void {
  world.classExists = true;
  for (const name of BINDINGS) {
    if (world.secrets.get(name)?.owner === 'foreign') world.meddleWithSecret(name, 'delete');
  }
  world.crash();
  settle(world);
  for (const name of INSTANCES) {
    if (isTrue(world.instances.current(name)?.status, 'Failed')) world.editInstance(name, 'bump', 0);
  }
  for (const name of BINDINGS) {
    if (isTrue(world.bindings.current(name)?.status, 'Failed')) world.deleteBinding(name);
  }
  settle(world);
}

/** Where the world differs from what the objects say. Plain comparisons, because this runs ten thousand times. */
function differences(world: World): string[] {
  const found: string[] = [];
  const expectedAtBroker = new Set<string>();
  for (const name of world.instances.names()) {
    const { metadata, spec, status } = world.instances.current(name)!;
    const id = spec.externalID!;
    expectedAtBroker.add(id);
    const there = world.broker.instances.get(id);
    const reason = status?.conditions?.[0]?.reason;
    if (metadata.deletionTimestamp !== undefined) {
      // It may be gone at the broker already, or never have been there.
      if (reason !== 'DeprovisionBlockedByExistingCredentials') found.push(`deleted ${name} stays: ${reason}`);
    } else if (!isTrue(status, 'Ready') || status?.conditions?.length !== 1) {
      found.push(`${name} is not ready: ${JSON.stringify(status?.conditions)}`);
    } else if (
      there === undefined ||
      there.plan !== spec.clusterServicePlanExternalName ||
      there.parameters !== JSON.stringify(spec.parameters ?? {})
    ) {
      found.push(`${name} is ready, but at the broker it is ${JSON.stringify(there)}`);
    }
  }
  const expectedSecrets = new Set<string>();
  for (const name of world.bindings.names()) {
    const { metadata, spec, status } = world.bindings.current(name)!;
    expectedAtBroker.add(spec.externalID!);
    expectedSecrets.add(name);
    const secret = world.secrets.get(name);
    const credentials = world.broker.bindings.get(spec.externalID!)?.credentials;
    const instance = world.instances.current(spec.instanceRef.name);
    if (metadata.deletionTimestamp !== undefined) found.push(`deleted ${name} stays`);
    if (isTrue(status, 'Ready')) {
      if (secret?.owner !== metadata.uid || secret?.data !== credentials) {
        found.push(`${name} is ready, its Secret is ${JSON.stringify(secret)}, the broker's ${credentials}`);
      }
    } else if (instance !== undefined && instance.metadata.deletionTimestamp === undefined) {
      found.push(`${name} is not ready: ${JSON.stringify(status?.conditions)}`);
    } else if (secret !== undefined && status?.unbindStatus !== 'Required') {
      // A process that died may have written it for a binding whose instance is deleted by now.
      found.push(`${name} has a Secret without a binding`);
    }
  }
  for (const id of [...world.broker.instances.keys(), ...world.broker.bindings.keys()]) {
    if (!expectedAtBroker.has(id)) found.push(`${id} is left at the broker`);
  }
  for (const name of world.secrets.keys()) {
    if (!expectedSecrets.has(name)) found.push(`Secret ${name} is left`);
  }
  return found;
}

function deleteEverything(world: World): void {
  for (const name of BINDINGS) world.deleteBinding(name);
  for (const name of INSTANCES) world.deleteInstance(name);
  settle(world);
}

function expectNone(found: readonly string[]): void {
  if (found.length > 0) throw new Error(found.join('\n'));
}

describe('any history of crashes, failures, edits and deletions', () => {
  test('ends with what the objects say, and with nothing once they are deleted', () => {
    fc.assert(
      fc.property(
        fc.array(step, { maxLength: 60, size: 'max' }),
        fc.boolean(),
        fc.boolean(),
        (steps, retrievable, settled) => {
          const world = new World();
          world.retrievable = retrievable;
          for (const one of beginning) take(world, one);
          if (settled) settle(world);
          for (const one of steps) take(world, one);
          heal(world);
          expectNone(differences(world));
          deleteEverything(world);
          expectNone([...world.instances.names(), ...world.bindings.names(), ...differences(world)]);
        },
      ),
      { numRuns: RUNS },
    );
  });

  test('lets a broker go that is being deleted, after everything it has was removed from it', () => {
    const steps = fc.array(fc.oneof({ weight: 30, arbitrary: step }, fc.constant<Step>({ do: 'delete broker' })), {
      maxLength: 40,
      size: 'max',
    });
    fc.assert(
      fc.property(steps, fc.boolean(), (history, settled) => {
        const world = new World();
        for (const one of beginning) take(world, one);
        if (settled) settle(world);
        for (const one of history) take(world, one);
        take(world, { do: 'delete broker' });
        heal(world);
        deleteEverything(world);
        expectNone([...world.instances.names(), ...world.bindings.names(), ...differences(world)]);
        if (world.brokerObject !== 'gone') throw new Error('the broker stays');
      }),
      { numRuns: 3_000 },
    );
  });
});
