import { formatTime } from '../../lib/catalog/conditions.ts';
import type { Reason } from '../../lib/catalog/reasons.ts';
import type { ServiceInstanceProperties, ServiceInstanceStatus } from '../../lib/catalog/types.generated.ts';
import type { GoodParameters } from '../operation/parameters.ts';
import { ASYNC_OPERATION, acknowledge, begun, ready, without } from '../operation/record.ts';
import { recordedPlanId, targetProperties } from '../operation/target.ts';
import type { Target } from '../operation/target.ts';
import type { InstanceObserved } from './observed.ts';

/** In place of the checksum of the parameters the broker has, where it is not known which these are. */
export const UNKNOWN_CHECKSUM = '0'.repeat(64);

/** What a request is going to ask for, as the status records it before the request is sent. */
export function intendedProperties(
  observed: InstanceObserved,
  target: Target,
  parameters: GoodParameters,
): ServiceInstanceProperties {
  const { userInfo, updateRequests = 0 } = observed.instance.spec;
  return {
    ...targetProperties(target),
    ...(parameters.checksum === '' ? {} : { parameters: parameters.redacted, parameterChecksum: parameters.checksum }),
    ...(updateRequests === 0 ? {} : { updateRequests }),
    ...(userInfo !== undefined && observed.admissionIsTrusted ? { userInfo } : {}),
  };
}

/** Whether two intents ask the broker for the same thing, whoever asked for it and how often. */
export function sameRequest(
  one: ServiceInstanceProperties | undefined,
  other: ServiceInstanceProperties | undefined,
): boolean {
  return (
    recordedPlanId(one) === recordedPlanId(other) && (one?.parameterChecksum ?? '') === (other?.parameterChecksum ?? '')
  );
}

/**
 * The status with the intent in it. A first attempt says so in Ready; a repeated one leaves Ready as it is, so that the
 * reason of the failure stays to be read and no Event is made of every try.
 */
export function withIntent(
  observed: InstanceObserved,
  before: ServiceInstanceStatus,
  operation: 'Provision' | 'Update' | 'Deprovision',
  reason: Reason,
  message: string,
  properties: ServiceInstanceProperties | undefined,
): ServiceInstanceStatus {
  const { now, instance, userSpecified } = observed;
  const status = acknowledge(before, instance.metadata.generation ?? 1, now);
  const goesOn = status.currentOperation === operation || (status.retry?.attempts ?? 0) > 0;
  const next: ServiceInstanceStatus = {
    ...without(status, 'retry', ...ASYNC_OPERATION),
    ...begun(status.retry),
    currentOperation: operation,
    operationStartTime:
      goesOn && status.operationStartTime !== undefined ? status.operationStartTime : formatTime(new Date(now)),
    deprovisionStatus: 'Required',
    userSpecifiedClassName: userSpecified.className,
    userSpecifiedPlanName: userSpecified.planName,
    ...(properties === undefined ? {} : { inProgressProperties: properties }),
  };
  return (status.retry?.attempts ?? 0) > 0 ? next : ready(next, 'False', reason, message, now);
}

/** The status with the note that the parameters the broker has are not known. */
export function withUnknownParameters(status: ServiceInstanceStatus): ServiceInstanceStatus {
  return { ...status, externalProperties: { ...status.externalProperties, parameterChecksum: UNKNOWN_CHECKSUM } };
}
