import { OsbError } from '../../lib/osb/errors.ts';
import type { ProvisionRequest } from '../../lib/osb/types.ts';
import { asksForTheSame, effectiveParameters, givenParameters } from '../catalog/instance-parameters.ts';
import type { GivenParameters } from '../catalog/instance-parameters.ts';
import type { OfferedPlan, OfferedService } from '../catalog/service-catalog.ts';
import { newDatabaseName } from '../engine/names.ts';
import { isInScope, ownerScope } from '../scope.ts';
import { findInstance, insertInstance, lockInstance, setInstanceState } from '../store/instances.ts';
import { runningOperation } from '../store/operations.ts';
import type { QueueLoad } from '../store/operations.ts';
import type { InstanceRecord, OperationRecord } from '../store/records.ts';
import { beginOperation } from './begin-operation.ts';
import type { RequestTransaction } from './begin-operation.ts';
import type { Answer, Caller, OperationContext } from './context.ts';
import { busy, refuseMaintenance, refuseWhenFull, requireAsync } from './guards.ts';
import { instanceMetadata } from './instance-metadata.ts';

interface Wanted {
  readonly instanceId: string;
  readonly service: OfferedService;
  readonly plan: OfferedPlan;
  readonly given: GivenParameters;
}

/**
 * `PUT /v2/service_instances/:instance_id` (spec.md "Provisioning").
 *
 * 201 created; 202 being created, also when sent again; 200 the same instance is there already; 409 the id is taken
 * by another instance or another scope; 422 for clients that cannot wait and while the instance is being deleted.
 * After a provision that failed for good, the same request tries again.
 */
export async function provision(
  context: OperationContext,
  caller: Caller,
  instanceId: string,
  request: ProvisionRequest,
): Promise<Answer> {
  const service = context.catalog.service(request.service_id);
  const plan = context.catalog.plan(service, request.plan_id);
  refuseMaintenance(request.maintenance_info);
  plan.checkInstanceParameters(request.parameters ?? {});
  const wanted: Wanted = { instanceId, service, plan, given: givenParameters(request.parameters ?? {}) };

  const begun = await beginOperation(context, caller, async (tx) => {
    for (;;) {
      const [existing, load] = await Promise.all([lockInstance(tx, instanceId), tx.load()]);
      if (existing !== undefined) return provisionAgain(context, caller, tx, existing, wanted, load);
      const created = await create(context, caller, tx, wanted, load);
      // Somebody took the id between the look and the insert: look again.
      if (created !== undefined) return created;
    }
  });
  if (begun === undefined) return existingAnswer(context, instanceId);
  const ended = await context.ends.wait(begun, context.limits.asyncAfterMs, caller.signal);
  if (ended.state !== 'succeeded') return { status: 202, body: { operation: ended.id } };
  const { body } = await existingAnswer(context, instanceId);
  return { status: 201, body };
}

async function create(
  context: OperationContext,
  caller: Caller,
  tx: RequestTransaction,
  { instanceId, service, plan, given }: Wanted,
  load: QueueLoad,
): Promise<OperationRecord | undefined> {
  requireAsync(caller);
  refuseWhenFull(context, load);
  const effective = effectiveParameters(given, plan, service.versions[0]);
  const server = context.servers.place(service.engine, effective.version);
  // The plan's schema has refused versions that no server answers to.
  if (server === undefined) throw new OsbError('InvalidParameters', 'No server answers to this version.');
  const instance: InstanceRecord = {
    id: instanceId,
    scope: ownerScope(caller.scope),
    serviceId: service.id,
    planId: plan.id,
    given,
    effective,
    connectionLimit: plan.connections,
    server,
    databaseName: newDatabaseName(),
    product: undefined,
    productVersion: undefined,
    state: 'creating',
  };
  if (!(await insertInstance(tx, instance))) return undefined;
  return tx.begin({ kind: 'provision' }, { instance });
}

/** Undefined when the instance is there and is what is asked for. */
async function provisionAgain(
  context: OperationContext,
  caller: Caller,
  tx: RequestTransaction,
  existing: InstanceRecord,
  { service, plan, given }: Wanted,
  load: QueueLoad,
): Promise<OperationRecord | undefined> {
  if (!isInScope(caller.scope, existing.scope)) {
    throw new OsbError('Conflict', 'This instance id is in use elsewhere; choose another.');
  }
  if (existing.state === 'deleting') throw busy('The instance with this id is being deleted');
  const same =
    existing.serviceId === service.id &&
    existing.planId === plan.id &&
    asksForTheSame(given, existing, plan, service.versions[0]);
  if (!same) {
    throw new OsbError(
      'Conflict',
      'An instance with this id exists with another service, plan or parameters; update it, or choose another id.',
    );
  }
  switch (existing.state) {
    case 'ready':
      return undefined;
    case 'creating': {
      requireAsync(caller);
      const running = await runningOperation(tx, existing.id, undefined);
      if (running === undefined) throw new Error('an instance that is being created has no operation');
      return running;
    }
    case 'create-failed':
      requireAsync(caller);
      refuseWhenFull(context, load);
      await setInstanceState(tx, existing.id, 'creating');
      return tx.begin({ kind: 'provision' }, { instance: existing });
    case 'delete-failed':
      throw new OsbError(
        'Conflict',
        'The instance with this id could not be deleted completely; delete it again first.',
      );
  }
}

async function existingAnswer({ database }: OperationContext, instanceId: string): Promise<Answer> {
  const instance = await findInstance(database, instanceId);
  return { status: 200, body: instance ? instanceMetadata(instance) : {} };
}
