import { formatTime } from '../../lib/catalog/conditions.ts';
import type { Reason } from '../../lib/catalog/reasons.ts';
import { serviceContext } from '../../lib/catalog/service-context.ts';
import type { ServiceBindingProperties, ServiceBindingStatus } from '../../lib/catalog/types.generated.ts';
import type { BindRequest } from '../../lib/osb/types.ts';
import type { GoodParameters } from '../operation/parameters.ts';
import { ASYNC_OPERATION, acknowledge, begun, ready, without } from '../operation/record.ts';
import { bindingTargetProperties, recordedPlanId } from '../operation/target.ts';
import type { Target } from '../operation/target.ts';
import type { BoundInstance, BindingObserved } from './observed.ts';

/** What a bind is going to ask for, as the status records it before the request is sent. */
export function intendedBinding(
  observed: BindingObserved,
  instance: BoundInstance,
  target: Target,
  parameters: GoodParameters,
): ServiceBindingProperties {
  const { userInfo } = observed.binding.spec;
  return {
    instanceExternalID: instance.externalID,
    ...bindingTargetProperties(target),
    ...(parameters.checksum === '' ? {} : { parameters: parameters.redacted, parameterChecksum: parameters.checksum }),
    ...(userInfo !== undefined && observed.admissionIsTrusted ? { userInfo } : {}),
  };
}

/** Whether two intents ask the broker for the same thing. */
export function sameBind(
  one: ServiceBindingProperties | undefined,
  other: ServiceBindingProperties | undefined,
): boolean {
  return (
    recordedPlanId(one) === recordedPlanId(other) &&
    one?.instanceExternalID === other?.instanceExternalID &&
    (one?.parameterChecksum ?? '') === (other?.parameterChecksum ?? '')
  );
}

/** The status with the intent in it; like that of instances, a repeated attempt leaves Ready as it is. */
export function withBindingIntent(
  observed: BindingObserved,
  before: ServiceBindingStatus,
  operation: 'Bind' | 'Unbind',
  reason: Reason,
  message: string,
  properties: ServiceBindingProperties | undefined,
): ServiceBindingStatus {
  const { now, binding } = observed;
  const status = acknowledge(before, binding.metadata.generation ?? 1, now);
  const goesOn = status.currentOperation === operation || (status.retry?.attempts ?? 0) > 0;
  const recorded = status.externalProperties ?? status.inProgressProperties;
  const next: ServiceBindingStatus = {
    ...without(status, 'retry', ...ASYNC_OPERATION, 'inProgressProperties'),
    ...begun(status.retry),
    currentOperation: operation,
    operationStartTime:
      goesOn && status.operationStartTime !== undefined ? status.operationStartTime : formatTime(new Date(now)),
    unbindStatus: 'Required',
    ...(properties === undefined ? {} : { inProgressProperties: properties }),
    // To remove what may have been made, it has to be known what that is; `inProgress` is only for binding.
    ...(operation === 'Unbind' && recorded !== undefined ? { externalProperties: recorded } : {}),
  };
  return (status.retry?.attempts ?? 0) > 0 ? next : ready(next, 'False', reason, message, now);
}

/** The body of a bind. */
export function bindRequest(
  observed: BindingObserved,
  target: Target,
  parameters: GoodParameters | undefined,
): BindRequest {
  const { namespace = '' } = observed.binding.metadata;
  return {
    service_id: target.classId,
    plan_id: target.planId,
    context: serviceContext({
      name: observed.binding.spec.instanceRef.name,
      namespace,
      clusterId: observed.clusterId,
    }),
    ...(observed.namespaceUid === undefined ? {} : { bind_resource: { app_guid: observed.namespaceUid } }),
    ...(parameters === undefined || parameters.checksum === '' ? {} : { parameters: parameters.values }),
  };
}
