import type { Engine } from '../engine/engine.ts';
import { EngineError } from '../engine/engine.ts';
import { formatScope } from '../scope.ts';
import type { TenantServers } from '../servers/tenant-servers.ts';
import { deleteBinding, findBinding, passwordPlace, setBindingState } from '../store/bindings.ts';
import type { Cipher } from '../store/cipher.ts';
import type { Database, Queryable } from '../store/database.ts';
import { deleteInstance, findInstance, lockInstance, setInstanceReady, setInstanceTarget } from '../store/instances.ts';
import { describeProgress, finishOperation } from '../store/queue.ts';
import type { BindingRecord, InstanceRecord, OperationRecord } from '../store/records.ts';
import type { HeldLease } from './held-lease.ts';
import { LeaseLostError } from './held-lease.ts';

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
  /** Takes the effect back, when it turns out that nobody wants it any more. Absent where it deletes. */
  readonly undo?: () => Promise<void>;
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
  await plan.effect();
  await context.database
    .transaction(async (tx) => {
      await lockInstance(tx, operation.instanceId);
      if (!(await finishOperation(tx, lease, 'succeeded', plan.done))) {
        throw new LeaseLostError('the operation was taken over or ended during its effect');
      }
      await plan.record(tx);
    })
    .catch(async (error: unknown) => {
      // A worker that slept through its lease may have made what a deletion has already looked for in vain.
      if (error instanceof LeaseLostError && plan.undo && (await isUnwanted(context.database, operation))) {
        await plan.undo();
      }
      throw error;
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

function planProvision({ servers }: PerformContext, instance: InstanceRecord): Plan {
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
    undo: () => engine.dropDatabase(instance.databaseName),
  };
}

function planUpdate({ servers }: PerformContext, instance: InstanceRecord, operation: OperationRecord): Plan {
  const { target } = operation;
  if (target === undefined) throw new EngineError('the update does not say what to change', 'fatal');
  const { engine } = servers.get(instance.server);
  return {
    doing: `changing the database on ${instance.server}`,
    effect: () => engine.setConnectionLimit(instance.databaseName, target.connectionLimit),
    record: (tx) => setInstanceTarget(tx, instance.id, target),
    done: 'the instance has been updated',
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

function planBind({ servers, cipher }: PerformContext, instance: InstanceRecord, binding: BindingRecord): Plan {
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
    undo: () => dropLogin(engine, instance, binding),
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

/** Whether what the operation made is to be deleted or is forgotten already. */
async function isUnwanted(database: Database, operation: OperationRecord): Promise<boolean> {
  const instance = await findInstance(database, operation.instanceId);
  if (instance === undefined || instance.state === 'deleting') return true;
  if (operation.bindingId === undefined) return false;
  const binding = await findBinding(database, operation.bindingId);
  return binding === undefined || binding.state === 'deleting';
}
