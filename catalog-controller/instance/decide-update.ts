import type { ServiceInstanceStatus } from '../../lib/catalog/types.generated.ts';
import type { UpdateInstanceRequest } from '../../lib/osb/types.ts';
import type { GoodParameters } from '../operation/parameters.ts';
import { recordedPlanId } from '../operation/target.ts';
import type { InstanceAction } from './action.ts';
import { callOf, contextOf } from './call.ts';
import { intendedProperties, sameRequest, UNKNOWN_CHECKSUM, withIntent, withUnknownParameters } from './intent.ts';
import type { InstanceObserved, Resolution } from './observed.ts';
import { reportParameterError } from './report.ts';

/**
 * Updating: intent, then PATCH with what differs from what the broker last confirmed. Where an earlier attempt may have
 * been carried out, that is not known any more, and everything is sent. So it is when the user raised
 * `spec.updateRequests`: the broker may have forgotten what it confirmed, such as one whose store is an older dump.
 */
export function decideUpdate(
  observed: InstanceObserved,
  status: ServiceInstanceStatus,
  resolution: Extract<Resolution, { found: true }>,
): InstanceAction {
  const { parameters } = observed;
  if (parameters === undefined) return { type: 'look', at: 'parameters' };
  if (!parameters.ok) return reportParameterError(observed, parameters.message);
  const { target } = resolution;
  const intended = intendedProperties(observed, target, parameters);
  const generation = observed.instance.metadata.generation ?? 1;
  const isRecorded =
    status.currentOperation === 'Update' &&
    status.retry?.nextAttemptTime === undefined &&
    status.observedGeneration === generation &&
    sameRequest(status.inProgressProperties, intended);
  if (!isRecorded) {
    const superseded = status.currentOperation === 'Update' && !observed.intentIsFresh;
    return {
      type: 'record-intent',
      isFirst: true,
      status: withIntent(
        observed,
        superseded && !sameRequest(status.inProgressProperties, intended) ? withUnknownParameters(status) : status,
        'Update',
        'UpdateInstanceRequestInFlight',
        'The request to change the instance is being sent to the broker.',
        intended,
      ),
    };
  }
  return {
    ...callOf(observed, target, !observed.intentIsFresh),
    type: 'update',
    request: updateRequest(observed, status, resolution, parameters),
  };
}

function updateRequest(
  observed: InstanceObserved,
  status: ServiceInstanceStatus,
  { target, planUpdatable }: Extract<Resolution, { found: true }>,
  parameters: GoodParameters,
): UpdateInstanceRequest {
  const confirmed = status.externalProperties;
  const confirmedPlan = recordedPlanId(confirmed);
  const confirmedChecksum = confirmed?.parameterChecksum ?? '';
  const everything =
    confirmedChecksum === UNKNOWN_CHECKSUM ||
    (observed.instance.spec.updateRequests ?? 0) > (confirmed?.updateRequests ?? 0);
  return {
    service_id: target.classId,
    // Some brokers refuse the very mention of a plan that cannot be changed.
    ...(target.planId !== confirmedPlan || (everything && planUpdatable) ? { plan_id: target.planId } : {}),
    // Without any parameters left the empty object says so; leaving it out would mean "as they are".
    ...(everything || parameters.checksum !== confirmedChecksum ? { parameters: parameters.values } : {}),
    context: contextOf(observed),
    previous_values: { service_id: target.classId, ...(confirmedPlan === undefined ? {} : { plan_id: confirmedPlan }) },
  };
}
