import { OsbError } from '../../lib/osb/errors.ts';
import type { BindingResource, BindRequest } from '../../lib/osb/types.ts';
import type { Access } from '../engine/engine.ts';
import { newPassword, newUsername } from '../engine/names.ts';
import { isInScope } from '../scope.ts';
import { findBinding, insertBinding, passwordPlace, setBindingState } from '../store/bindings.ts';
import { lockInstance } from '../store/instances.ts';
import { runningOperation } from '../store/operations.ts';
import type { QueueLoad } from '../store/operations.ts';
import type { BindingRecord, InstanceRecord, OperationRecord } from '../store/records.ts';
import { beginOperation } from './begin-operation.ts';
import type { RequestTransaction } from './begin-operation.ts';
import type { Begun } from './begun.ts';
import { bindAtOnce } from './bind-at-once.ts';
import { bindingResource, findBindingResource } from './binding-resource.ts';
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

  const binding = newBinding(context, instanceId, wanted);
  const begun =
    (await bindAtOnce(context, caller, request, binding)) ??
    (await beginOrJoin(context, caller, request, wanted, binding));
  if (begun !== undefined) {
    const pending = await waitForBinding(context, caller, begun);
    if (pending !== undefined) return pending;
  }
  const resource = (await justMade(context, begun)) ?? (await findBindingResource(context, instanceId, bindingId));
  if (resource === undefined) throw busy('The binding has been deleted meanwhile');
  return { status: begun === undefined ? 200 : 201, body: { ...resource } };
}

function newBinding(
  { cipher }: OperationContext,
  instanceId: string,
  { bindingId, access, appGuid }: Wanted,
): BindingRecord {
  return {
    id: bindingId,
    instanceId,
    access,
    appGuid,
    username: newUsername(),
    encryptedPassword: cipher.encrypt(newPassword(), passwordPlace(bindingId)),
    state: 'creating',
  };
}

/** Undefined when the binding is there and is what is asked for. */
function beginOrJoin(
  context: OperationContext,
  caller: Caller,
  request: BindRequest,
  wanted: Wanted,
  binding: BindingRecord,
): Promise<Begun | undefined> {
  const { instanceId } = binding;
  return beginOperation(context, caller, async (tx) => {
    const [instance, existing, load] = await Promise.all([
      lockInstance(tx, instanceId),
      findBinding(tx, binding.id),
      tx.load(),
    ]);
    if (instance === undefined || !isInScope(caller.scope, instance.scope)) throw unknownInstance();
    requireKnownPlan(context, instance, request);
    if (existing !== undefined) return bindAgain(context, tx, instance, existing, wanted, load);
    return create(context, tx, instance, binding, load);
  });
}

/** The binding that the worker of this process has just made, without asking the store for it. */
async function justMade(context: OperationContext, begun: Begun | undefined): Promise<BindingResource | undefined> {
  const { subject, succeeded } = begun?.handedOver ?? {};
  if (subject?.binding === undefined || !(await succeeded)) return undefined;
  return bindingResource(context, subject.instance, subject.binding);
}

async function create(
  context: OperationContext,
  tx: RequestTransaction,
  instance: InstanceRecord,
  binding: BindingRecord,
  load: QueueLoad,
): Promise<OperationRecord> {
  requireBindable(instance);
  refuseWhenFull(context, load);
  const [inserted, operation] = await Promise.all([
    insertBinding(tx, binding),
    tx.begin({ kind: 'bind' }, { instance, binding }),
  ]);
  // Bindings of this instance are made under its lock: whoever took the id, took it for another instance.
  if (!inserted) throw idInUse();
  return operation;
}

/** Undefined when the binding is there and is what is asked for. */
async function bindAgain(
  context: OperationContext,
  tx: RequestTransaction,
  instance: InstanceRecord,
  existing: BindingRecord,
  wanted: Wanted,
  load: QueueLoad,
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
      refuseWhenFull(context, load);
      await setBindingState(tx, existing.id, 'creating');
      return tx.begin({ kind: 'bind' }, { instance, binding: existing });
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

function idInUse(): OsbError {
  return new OsbError('Conflict', 'This binding id is in use for another instance; choose another.');
}
