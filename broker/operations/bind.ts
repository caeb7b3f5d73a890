import { v4 as uuid } from 'uuid';
import { OsbError } from '../../lib/osb/errors.ts';
import type { BindRequest } from '../../lib/osb/types.ts';
import type { Access } from '../engine/engine.ts';
import { newPassword, newUsername } from '../engine/names.ts';
import { isInScope } from '../scope.ts';
import { findBinding, insertBinding, passwordPlace, setBindingState } from '../store/bindings.ts';
import type { Queryable } from '../store/database.ts';
import { lockInstance } from '../store/instances.ts';
import { insertOperation, runningOperation } from '../store/operations.ts';
import type { BindingRecord, InstanceRecord, OperationRecord } from '../store/records.ts';
import { bindingResource } from './binding-resource.ts';
import type { Answer, Caller, OperationContext } from './context.ts';
import { busy, refuseWhenFull, requireReady, unknownInstance } from './guards.ts';
import { waitForBinding } from './wait-for-binding.ts';

interface Wanted {
  readonly bindingId: string;
  readonly access: Access;
  readonly appGuid: string | undefined;
}

/**
 * `PUT /v2/service_instances/:instance_id/service_bindings/:binding_id` (spec.md "Binding").
 *
 * 201 created, with credentials; 200 the same binding is there already; 202 with the operation when it takes longer
 * and the client accepts that, also when sent again; 409 the id is taken by another binding; 404 there is no such
 * instance; 422 while the instance is being created or deleted.
 */
export async function bind(
  context: OperationContext,
  caller: Caller,
  instanceId: string,
  bindingId: string,
  request: BindRequest,
): Promise<Answer> {
  context.catalog.checkBindingParameters(request.parameters ?? {});
  if (request.predecessor_binding_id !== undefined) {
    throw new OsbError('BadRequest', 'Bindings of this plan cannot be rotated; leave predecessor_binding_id out.');
  }
  const wanted: Wanted = {
    bindingId,
    access: request.parameters?.['access'] === 'readonly' ? 'readonly' : 'readwrite',
    appGuid: request.bind_resource?.app_guid ?? request.app_guid,
  };

  const operation = await context.database.transaction(async (tx) => {
    const instance = await lockInstance(tx, instanceId);
    if (instance === undefined || !isInScope(caller.scope, instance.scope)) throw unknownInstance();
    requireKnownPlan(context, instance, request);
    const existing = await findBinding(tx, bindingId);
    if (existing !== undefined) return bindAgain(context, caller, tx, instance, existing, wanted);
    return create(context, caller, tx, instance, wanted);
  });
  if (operation !== undefined) {
    const pending = await waitForBinding(context, caller, operation);
    if (pending !== undefined) return pending;
  }
  const resource = await bindingResource(context, instanceId, bindingId);
  if (resource === undefined) throw busy('The binding has been deleted meanwhile');
  return { status: operation === undefined ? 200 : 201, body: { ...resource } };
}

async function create(
  context: OperationContext,
  caller: Caller,
  tx: Queryable,
  instance: InstanceRecord,
  { bindingId, access, appGuid }: Wanted,
): Promise<OperationRecord> {
  requireBindable(instance);
  await refuseWhenFull(tx, context);
  const inserted = await insertBinding(tx, {
    id: bindingId,
    instanceId: instance.id,
    access,
    appGuid,
    username: newUsername(),
    encryptedPassword: context.cipher.encrypt(newPassword(), passwordPlace(bindingId)),
  });
  // Bindings of this instance are made under its lock: whoever took the id, took it for another instance.
  if (!inserted) throw idInUse();
  return queueBind(context, caller, tx, instance, bindingId);
}

/** Undefined when the binding is there and is what is asked for. */
async function bindAgain(
  context: OperationContext,
  caller: Caller,
  tx: Queryable,
  instance: InstanceRecord,
  existing: BindingRecord,
  wanted: Wanted,
): Promise<OperationRecord | undefined> {
  if (existing.instanceId !== instance.id) throw idInUse();
  if (existing.state === 'deleting' || instance.state === 'deleting') throw busy('The binding is being deleted');
  if (existing.access !== wanted.access || existing.appGuid !== wanted.appGuid) {
    throw new OsbError('Conflict', 'A binding with this id exists with other parameters or another application.');
  }
  switch (existing.state) {
    case 'ready':
      return undefined;
    case 'creating': {
      const running = await runningOperation(tx, instance.id, existing.id);
      if (running === undefined) throw new Error('a binding that is being created has no operation');
      return running;
    }
    case 'create-failed':
      requireBindable(instance);
      await refuseWhenFull(tx, context);
      await setBindingState(tx, existing.id, 'creating');
      return queueBind(context, caller, tx, instance, existing.id);
    case 'delete-failed':
      throw new OsbError(
        'Conflict',
        'The binding with this id could not be deleted completely; delete it again first.',
      );
  }
}

/**
 * Another plan of the service is let pass: a platform may send the plan from before an update that has just ended. The
 * instance's own is let pass although it may have left the catalog.
 */
function requireKnownPlan({ catalog }: OperationContext, instance: InstanceRecord, request: BindRequest): void {
  if (request.service_id !== instance.serviceId) {
    throw new OsbError('BadRequest', 'service_id is not the service of this instance.');
  }
  if (request.plan_id !== instance.planId) catalog.plan(catalog.service(request.service_id), request.plan_id);
}

function requireBindable(instance: InstanceRecord): void {
  requireReady(
    instance,
    () => new OsbError('NotBindable', 'The instance has failed and has no usable database; delete it.'),
  );
}

function queueBind(
  { limits }: OperationContext,
  caller: Caller,
  tx: Queryable,
  instance: InstanceRecord,
  bindingId: string,
): Promise<OperationRecord> {
  return insertOperation(tx, {
    id: uuid(),
    kind: 'bind',
    instanceId: instance.id,
    bindingId,
    scope: instance.scope,
    server: instance.server,
    description: `waiting to create the login on ${instance.server}`,
    giveUpAfterSeconds: limits.giveUpAfterSeconds,
    originatingIdentity: caller.originatingIdentity,
    requestIdentity: caller.requestIdentity,
  });
}

function idInUse(): OsbError {
  return new OsbError('Conflict', 'This binding id is in use for another instance; choose another.');
}
