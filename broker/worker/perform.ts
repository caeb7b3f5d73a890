import { delayAfter } from '../../lib/runtime/backoff.ts';
import { systemClock } from '../../lib/runtime/clock.ts';
import type { Engine } from '../engine/engine.ts';
import { EngineError } from '../engine/engine.ts';
import { formatScope } from '../scope.ts';
import type { TenantServers } from '../servers/tenant-servers.ts';
import { findBinding, passwordPlace } from '../store/bindings.ts';
import type { Cipher } from '../store/cipher.ts';
import { StoreUnavailableError } from '../store/database.ts';
import type { Database } from '../store/database.ts';
import { findInstance } from '../store/instances.ts';
import { mayFinish } from '../store/queue.ts';
import type { BindingRecord, InstanceRecord, OperationRecord } from '../store/records.ts';
import { recordSuccess } from '../store/success.ts';
import type { Success } from '../store/success.ts';
import type { HeldLease } from './held-lease.ts';
import { LeaseLostError } from './held-lease.ts';
import { findWantedInstance, isWantedBinding, wantedConnectionLimit } from './wanted.ts';

const STORE_ATTEMPTS = 5;
const STORE_BACKOFF = { initialMs: 100, maximumMs: 2_000 };

/** What performing needs. */
export interface PerformContext {
  readonly database: Database;
  readonly servers: TenantServers;
  readonly cipher: Cipher;
}

/** What an operation is about. Nothing changes it while the operation's lease is held. */
export interface Subject {
  readonly instance: InstanceRecord;
  readonly binding?: BindingRecord | undefined;
}

/** An operation that a worker has a lease on. */
export interface Task {
  readonly operation: OperationRecord;
  readonly lease: HeldLease;
  /** Given by the request that the operation comes from; of an operation from the queue it is read from the store. */
  readonly subject?: Subject | undefined;
}

/** An operation's effect on a server, what the store then says, and how the effect is taken back. */
interface Plan {
  readonly effect: () => Promise<void>;
  readonly success: Success;
  readonly done: string;
  /**
   * Makes the server what the store says, after an effect that the store was told nothing of. A worker that slept
   * through its lease may have made what a deletion has already looked for in vain. Absent where the effect deletes.
   */
  readonly reconcile?: () => Promise<void>;
}

/**
 * Does one operation: the same steps for a fresh request and for one whose worker died, since every engine method is
 * idempotent. The only place that knows what each kind of operation does.
 */
export async function perform(context: PerformContext, task: Task): Promise<void> {
  const { operation, lease } = task;
  lease.check();
  const plan = planOperation(context, operation, task.subject ?? (await readSubject(context, operation)));
  lease.check();
  try {
    await plan.effect();
    // A request that gave the operation to this worker is told in the process; others may wait for one from the queue.
    const said = { description: plan.done, announce: task.subject === undefined };
    if (!(await recordSuccess(context.database, lease, operation, plan.success, said))) {
      throw new LeaseLostError('the operation was taken over or ended during its effect');
    }
  } catch (error) {
    if (plan.reconcile && !(await askPatiently(() => mayFinish(context.database, lease)))) await plan.reconcile();
    throw error;
  }
}

/** A process that slept finds its connections to the store dead, just when it has to know what it has missed. */
async function askPatiently<T>(question: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await question();
    } catch (error) {
      if (attempt === STORE_ATTEMPTS || !(error instanceof StoreUnavailableError)) throw error;
      await systemClock.sleep(delayAfter(attempt, STORE_BACKOFF, Math.random()));
    }
  }
}

async function readSubject({ database }: PerformContext, operation: OperationRecord): Promise<Subject> {
  const { instanceId, bindingId } = operation;
  const [instance, binding] = await Promise.all([
    findInstance(database, instanceId),
    bindingId === undefined ? undefined : findBinding(database, bindingId),
  ]);
  if (instance === undefined) throw new EngineError('the instance does not exist any more', 'fatal');
  return { instance, binding };
}

function planOperation(context: PerformContext, operation: OperationRecord, { instance, binding }: Subject): Plan {
  switch (operation.kind) {
    case 'provision':
      return planProvision(context, instance);
    case 'update':
      return planUpdate(context, instance, operation);
    case 'deprovision':
      return planDeprovision(context, instance);
    case 'bind':
      return planBind(context, instance, existing(binding));
    case 'unbind':
      return planUnbind(context, instance, existing(binding));
  }
}

function existing(binding: BindingRecord | undefined): BindingRecord {
  if (binding === undefined) throw new EngineError('the binding does not exist any more', 'fatal');
  return binding;
}

function planProvision({ database, servers }: PerformContext, instance: InstanceRecord): Plan {
  const { engine, identity } = servers.get(instance.server).forCreating();
  return {
    effect: () =>
      engine.createDatabase({
        name: instance.databaseName,
        mark: { instanceId: instance.id, scope: formatScope(instance.scope) },
        connectionLimit: instance.connectionLimit,
      }),
    success: { kind: 'provision', identity },
    done: `the ${identity.product} ${identity.version} database is ready`,
    reconcile: async () => {
      if ((await findWantedInstance(database, instance)) === undefined) {
        await engine.dropDatabase(instance.databaseName);
      }
    },
  };
}

function planUpdate({ database, servers }: PerformContext, instance: InstanceRecord, operation: OperationRecord): Plan {
  const { target } = operation;
  if (target === undefined) throw new EngineError('the update does not say what to change', 'fatal');
  const { engine } = servers.get(instance.server);
  return {
    effect: () => engine.setConnectionLimit(instance.databaseName, target.connectionLimit),
    success: { kind: 'update', target },
    done: 'the instance has been updated',
    reconcile: async () => {
      // Again when an update was asked for meanwhile: the last limit applied must be the one that was asked for last.
      let applied: number | undefined;
      for (;;) {
        const limit = await wantedConnectionLimit(database, instance);
        if (limit === undefined || limit === applied) return;
        await engine.setConnectionLimit(instance.databaseName, limit);
        applied = limit;
      }
    },
  };
}

function planDeprovision({ servers }: PerformContext, instance: InstanceRecord): Plan {
  const { engine } = servers.get(instance.server);
  return {
    effect: () => engine.dropDatabase(instance.databaseName),
    // The logins of its bindings went with the database.
    success: { kind: 'deprovision' },
    done: 'the database has been deleted',
  };
}

function planBind(
  { database, servers, cipher }: PerformContext,
  instance: InstanceRecord,
  binding: BindingRecord,
): Plan {
  const { engine } = servers.get(instance.server).forCreating();
  return {
    effect: () =>
      engine.createLogin({
        database: instance.databaseName,
        username: binding.username,
        password: cipher.decrypt(binding.encryptedPassword, passwordPlace(binding.id)),
        access: binding.access,
        connectionLimit: instance.connectionLimit,
      }),
    success: { kind: 'bind' },
    done: 'the credentials are ready',
    reconcile: async () => {
      if (!(await isWantedBinding(database, instance, binding))) await dropLogin(engine, instance, binding);
    },
  };
}

function planUnbind({ servers }: PerformContext, instance: InstanceRecord, binding: BindingRecord): Plan {
  const { engine } = servers.get(instance.server);
  return {
    effect: () => dropLogin(engine, instance, binding),
    success: { kind: 'unbind' },
    done: 'the credentials have been revoked',
  };
}

function dropLogin(engine: Engine, instance: InstanceRecord, binding: BindingRecord): Promise<void> {
  return engine.dropLogin(instance.databaseName, binding.username);
}
