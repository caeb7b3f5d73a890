import { delayAfter } from '../../lib/runtime/backoff.ts';
import { systemClock } from '../../lib/runtime/clock.ts';
import type { Engine } from '../engine/engine.ts';
import { EngineError } from '../engine/engine.ts';
import { formatScope } from '../scope.ts';
import type { TenantServers } from '../servers/tenant-servers.ts';
import { deleteBinding, findBinding, passwordPlace, setBindingState } from '../store/bindings.ts';
import type { Cipher } from '../store/cipher.ts';
import { StoreUnavailableError } from '../store/database.ts';
import type { Database, Queryable } from '../store/database.ts';
import { deleteInstance, findInstance, lockInstance, setInstanceReady, setInstanceTarget } from '../store/instances.ts';
import { describeProgress, finishOperation, mayFinish } from '../store/queue.ts';
import type { BindingRecord, InstanceRecord, OperationRecord } from '../store/records.ts';
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

/** An operation's effect on a server, what the store then says, and how the effect is taken back. */
interface Plan {
  /** Said to whoever polls while the effect runs. */
  readonly doing: string;
  readonly effect: () => Promise<void>;
  /** Writes the result, in the transaction that ends the operation. */
  readonly record: (tx: Queryable) => Promise<void>;
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
export async function perform(context: PerformContext, operation: OperationRecord, lease: HeldLease): Promise<void> {
  const plan = await planOperation(context, operation);
  lease.check();
  if (!(await describeProgress(context.database, lease, plan.doing))) {
    throw new LeaseLostError('the operation ended before its effect');
  }
  lease.check();
  try {
    await plan.effect();
    await recordSuccess(context, operation, lease, plan);
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

async function recordSuccess(
  { database }: PerformContext,
  operation: OperationRecord,
  lease: HeldLease,
  plan: Plan,
): Promise<void> {
  await database.transaction(async (tx) => {
    await lockInstance(tx, operation.instanceId);
    if (!(await finishOperation(tx, lease, 'succeeded', plan.done))) {
      throw new LeaseLostError('the operation was taken over or ended during its effect');
    }
    await plan.record(tx);
  });
}

async function planOperation(context: PerformContext, operation: OperationRecord): Promise<Plan> {
  const instance = await findInstance(context.database, operation.instanceId);
  if (instance === undefined) throw new EngineError('the instance does not exist any more', 'fatal');
  switch (operation.kind) {
    case 'provision':
      return planProvision(context, instance);
    case 'update':
      return planUpdate(context, instance, operation);
    case 'deprovision':
      return planDeprovision(context, instance);
    case 'bind':
      return planBind(context, instance, await getBinding(context, operation));
    case 'unbind':
      return planUnbind(context, instance, await getBinding(context, operation));
  }
}

async function getBinding(context: PerformContext, operation: OperationRecord): Promise<BindingRecord> {
  const binding = await findBinding(context.database, operation.bindingId ?? '');
  if (binding === undefined) throw new EngineError('the binding does not exist any more', 'fatal');
  return binding;
}

function planProvision({ database, servers }: PerformContext, instance: InstanceRecord): Plan {
  const { engine, identity } = servers.get(instance.server).forCreating();
  return {
    doing: `creating the database on ${instance.server}`,
    effect: () =>
      engine.createDatabase({
        name: instance.databaseName,
        mark: { instanceId: instance.id, scope: formatScope(instance.scope) },
        connectionLimit: instance.connectionLimit,
      }),
    record: (tx) => setInstanceReady(tx, instance.id, identity),
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
    doing: `changing the database on ${instance.server}`,
    effect: () => engine.setConnectionLimit(instance.databaseName, target.connectionLimit),
    record: (tx) => setInstanceTarget(tx, instance.id, target),
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
    doing: `deleting the database on ${instance.server}`,
    effect: () => engine.dropDatabase(instance.databaseName),
    // The logins of its bindings went with the database; their rows go with the instance's.
    record: (tx) => deleteInstance(tx, instance.id),
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
    doing: `creating the login on ${instance.server}`,
    effect: () =>
      engine.createLogin({
        database: instance.databaseName,
        username: binding.username,
        password: cipher.decrypt(binding.encryptedPassword, passwordPlace(binding.id)),
        access: binding.access,
        connectionLimit: instance.connectionLimit,
      }),
    record: (tx) => setBindingState(tx, binding.id, 'ready'),
    done: 'the credentials are ready',
    reconcile: async () => {
      if (!(await isWantedBinding(database, instance, binding))) await dropLogin(engine, instance, binding);
    },
  };
}

function planUnbind({ servers }: PerformContext, instance: InstanceRecord, binding: BindingRecord): Plan {
  const { engine } = servers.get(instance.server);
  return {
    doing: `deleting the login on ${instance.server}`,
    effect: () => dropLogin(engine, instance, binding),
    record: (tx) => deleteBinding(tx, binding.id),
    done: 'the credentials have been revoked',
  };
}

function dropLogin(engine: Engine, instance: InstanceRecord, binding: BindingRecord): Promise<void> {
  return engine.dropLogin(instance.databaseName, binding.username);
}
