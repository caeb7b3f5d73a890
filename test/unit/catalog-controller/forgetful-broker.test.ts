import { expect, test } from '@jest/globals';
import { isTrue } from '../../../lib/catalog/conditions.ts';
import { World } from './world/world.ts';

/** Lets the controller work until it rests. */
function settle(world: World): void {
  for (let pass = 0; pass < 20; pass += 1) {
    if (world.pass('instance', 'db') !== 'acted') return;
  }
  throw new Error('the controller does not come to rest');
}

test('a broker whose store is an older dump gets plan and parameters again when the user asks for an update', () => {
  const world = new World();
  world.createInstance('db');
  settle(world);
  const id = world.instances.current('db')!.spec.externalID!;
  const dump = { ...world.broker.instances.get(id)! };
  world.editInstance('db', 'plan', 1);
  world.editInstance('db', 'parameters', 7);
  settle(world);
  const present = { ...world.broker.instances.get(id)! };
  expect(present).toMatchObject({ plan: 'large', parameters: '{"size":7}' });

  world.broker.instances.set(id, dump);
  world.editInstance('db', 'bump', 0);
  settle(world);

  expect(world.broker.instances.get(id)).toEqual(present);
  expect(isTrue(world.instances.current('db')?.status, 'Ready')).toBe(true);
});
