import type { ServiceInstanceStatus } from '../../lib/catalog/types.generated.ts';
import { acknowledge } from '../operation/record.ts';
import type { InstanceAction } from './action.ts';
import { callOf, contextOf } from './call.ts';
import { intendedProperties, sameRequest, withIntent } from './intent.ts';
import type { InstanceObserved, Resolution } from './observed.ts';
import { isImported, withMitigation } from './mitigation.ts';
import { reportParameterError } from './report.ts';

type Found = Extract<Resolution, { found: true }>;

/**
 * Provisioning: intent, then PUT. An intent that this process did not write itself may have been carried out by one
 * that died before it could say so. The same request is then simply sent again, which the protocol allows; another one
 * would meet what is already there, so that is removed first.
 */
export function decideProvision(
  observed: InstanceObserved,
  status: ServiceInstanceStatus,
  resolution: Found,
): InstanceAction {
  const { parameters } = observed;
  if (parameters === undefined) return { type: 'look', at: 'parameters' };
  const mayExist = status.deprovisionStatus === 'Required' && !observed.intentIsFresh;
  if (!parameters.ok) return reportParameterError(observed, parameters.message);
  const { target } = resolution;
  const intended = intendedProperties(observed, target, parameters);
  const same = sameRequest(status.inProgressProperties, intended);
  if (mayExist && !same && !isImported(observed)) {
    return {
      type: 'report',
      status: withMitigation(
        acknowledge(status, observed.instance.metadata.generation ?? 1, observed.now),
        'ProvisionCallFailed',
        'The spec has changed while it was unknown what the last attempt had done.',
        observed.now,
      ),
    };
  }
  const isRecorded = same && status.currentOperation === 'Provision' && status.retry?.nextAttemptTime === undefined;
  const goesOn = mayExist ? same : isRecorded && observed.intentIsFresh;
  if (!goesOn) {
    return {
      type: 'record-intent',
      isFirst: !mayExist,
      status: withIntent(
        observed,
        { ...status, provisionStatus: 'NotProvisioned' },
        'Provision',
        'ProvisionRequestInFlight',
        'The request to make the instance is being sent to the broker.',
        intended,
      ),
    };
  }
  return {
    ...callOf(observed, target, mayExist),
    type: 'provision',
    request: {
      service_id: target.classId,
      plan_id: target.planId,
      context: contextOf(observed),
      organization_guid: observed.clusterId,
      space_guid: observed.namespaceUid ?? '',
      ...(parameters.checksum === '' ? {} : { parameters: parameters.values }),
    },
  };
}
