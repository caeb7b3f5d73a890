import { findBinding } from '../store/bindings.ts';
import type { Queryable } from '../store/database.ts';
import { findInstance } from '../store/instances.ts';
import { runningOperation } from '../store/operations.ts';
import type { BindingRecord, InstanceRecord } from '../store/records.ts';

/** What the store wants by now of something that a worker planned for a while ago. */

/**
 * The instance as it is now, unless it is to be deleted or is forgotten already. An instance of the same id that was
 * made after this one was deleted is another: its database has another name.
 */
export async function findWantedInstance(db: Queryable, planned: InstanceRecord): Promise<InstanceRecord | undefined> {
  const instance = await findInstance(db, planned.id);
  const isSame = instance?.server === planned.server && instance.databaseName === planned.databaseName;
  return isSame && instance.state !== 'deleting' ? instance : undefined;
}

/** Whether the login that was planned for is still to be there. */
export async function isWantedBinding(
  db: Queryable,
  instance: InstanceRecord,
  planned: BindingRecord,
): Promise<boolean> {
  if ((await findWantedInstance(db, instance)) === undefined) return false;
  const binding = await findBinding(db, planned.id);
  return binding?.username === planned.username && binding.state !== 'deleting';
}

/** What an update in progress asks for, or else what holds; undefined when the instance is not wanted any more. */
export async function wantedConnectionLimit(db: Queryable, planned: InstanceRecord): Promise<number | undefined> {
  // In this order: an update that ends between the two has written its limit by then.
  const running = await runningOperation(db, planned.id, undefined);
  const instance = await findWantedInstance(db, planned);
  return instance && (running?.target?.connectionLimit ?? instance.connectionLimit);
}
