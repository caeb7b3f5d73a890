import { isDeepStrictEqual } from 'node:util';
import { OsbError } from '../../lib/osb/errors.ts';
import type { UpdateInstanceRequest } from '../../lib/osb/types.ts';
import { givenParameters } from '../catalog/instance-parameters.ts';
import type { OfferedPlan } from '../catalog/service-catalog.ts';
import { isInScope } from '../scope.ts';
import { findInstance, lockInstance } from '../store/instances.ts';
import { runningOperation } from '../store/operations.ts';
import type { InstanceRecord, UpdateTarget } from '../store/records.ts';
import { beginOperation } from './begin-operation.ts';
import type { Answer, Caller, OperationContext } from './context.ts';
import { busy, refuseMaintenance, refuseWhenFull, requireAsync, requireReady, unknownInstance } from './guards.ts';
import { instanceMetadata } from './instance-metadata.ts';

/**
 * `PATCH /v2/service_instances/:instance_id` (spec.md "Updating a Service Instance").
 *
 * Parameters are merged into what was given before; a plan change without parameters keeps them. 200 when there is
 * nothing to change or the change has been made; 202 with the operation, also when sent again; 422 while another
 * operation on the instance itself runs, or when the change is not possible, with nothing changed.
 */
export async function updateInstance(
  context: OperationContext,
  caller: Caller,
  instanceId: string,
  request: UpdateInstanceRequest,
): Promise<Answer> {
  refuseMaintenance(request.maintenance_info);
  const begun = await beginOperation(context, caller, async (tx) => {
    const [instance, running, load] = await Promise.all([
      lockInstance(tx, instanceId),
      runningOperation(tx, instanceId, undefined),
      tx.load(),
    ]);
    if (instance === undefined || !isInScope(caller.scope, instance.scope)) throw unknownInstance();
    requireUpdatable(instance);
    const target = updateTarget(context, instance, request);
    if (running !== undefined) {
      if (isDeepStrictEqual(running.target, target)) return running;
      throw busy('Another update of this instance is in progress');
    }
    if (changesNothing(instance, target)) return undefined;
    requireAsync(caller);
    refuseWhenFull(context, load);
    return tx.begin({ kind: 'update', target }, { instance });
  });
  if (begun !== undefined) {
    const ended = await context.ends.wait(begun, context.limits.asyncAfterMs, caller.signal);
    if (ended.state !== 'succeeded') return { status: 202, body: { operation: ended.id } };
  }
  const instance = await findInstance(context.database, instanceId);
  return { status: 200, body: instance ? instanceMetadata(instance) : {} };
}

function requireUpdatable(instance: InstanceRecord): void {
  requireReady(
    instance,
    () => new OsbError('Conflict', 'The instance has failed and cannot be updated; delete it and create another.'),
  );
}

/** What the request makes of the instance. @throws OsbError when that is not possible. */
function updateTarget(
  { catalog }: OperationContext,
  instance: InstanceRecord,
  request: UpdateInstanceRequest,
): UpdateTarget {
  if (request.service_id !== instance.serviceId) {
    throw new OsbError('BadRequest', 'service_id is not the service of this instance, which cannot change.');
  }
  const service = catalog.service(request.service_id);
  const plan = catalog.plan(service, request.plan_id ?? instance.planId);
  plan.checkInstanceParameters(request.parameters ?? {});
  const asked = givenParameters(request.parameters ?? {});
  const { version } = instance.effective;
  if (asked.version !== undefined && asked.version !== version) {
    throw new OsbError(
      'PlanChangeNotSupported',
      `The version of an instance cannot be changed: it stays "${version}". Create another instance and move the data.`,
    );
  }
  const given = { ...instance.given, ...asked };
  return {
    planId: plan.id,
    given,
    effective: { storageGB: storageFor(plan, given.storageGB), version },
    connectionLimit: plan.connections,
  };
}

function storageFor(plan: OfferedPlan, given: number | undefined): number {
  if (given !== undefined && given > plan.storageGB.maximum) {
    throw new OsbError(
      'PlanChangeNotSupported',
      `The instance has storageGB ${given} and the plan ${plan.name} allows at most ${plan.storageGB.maximum}; give a smaller storageGB with the plan.`,
    );
  }
  return given ?? plan.storageGB.default;
}

function changesNothing(instance: InstanceRecord, target: UpdateTarget): boolean {
  const { planId, given, effective, connectionLimit } = instance;
  return isDeepStrictEqual({ planId, given, effective, connectionLimit }, target);
}
