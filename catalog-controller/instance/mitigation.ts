import { withConditions } from '../../lib/catalog/conditions.ts';
import type { Reason } from '../../lib/catalog/reasons.ts';
import { hasGeneratedId } from '../../lib/catalog/external-id.ts';
import type { ServiceInstanceStatus } from '../../lib/catalog/types.generated.ts';
import { ASYNC_OPERATION, without } from '../operation/record.ts';
import type { InstanceObserved } from './observed.ts';

/** Whether the user chose the id at the broker: then something may have been there before this object. */
export function isImported({ instance, admissionIsTrusted }: InstanceObserved): boolean {
  return !hasGeneratedId(instance, admissionIsTrusted);
}

/**
 * The status of an instance of which an attempt to provision may have left something at the broker. `reason` and
 * `message` say what went wrong; the attempt counts as failed.
 */
export function withMitigation(
  status: ServiceInstanceStatus,
  reason: Reason,
  message: string,
  now: number,
): ServiceInstanceStatus {
  return withConditions<ServiceInstanceStatus>(
    {
      ...without(status, ...ASYNC_OPERATION),
      currentOperation: 'Provision',
      deprovisionStatus: 'Required',
      orphanMitigationInProgress: true,
      retry: { attempts: (status.retry?.attempts ?? 0) + 1 },
    },
    {
      set: [
        { type: 'OrphanMitigation', status: 'True', reason, message },
        {
          type: 'Ready',
          status: 'False',
          reason: 'StartingInstanceOrphanMitigation',
          message: `${message} What the attempt may have left at the broker is being removed before the next one.`,
        },
      ],
    },
    new Date(now),
  );
}
