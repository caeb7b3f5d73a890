import type { ServiceBindingStatus } from '../../lib/catalog/types.generated.ts';
import { ASYNC_OPERATION, ready, without } from '../operation/record.ts';

/** The status of a binding of which an attempt may have left something at the broker; the attempt counts as failed. */
export function withBindingMitigation(
  status: ServiceBindingStatus,
  message: string,
  now: number,
): ServiceBindingStatus {
  return ready<ServiceBindingStatus>(
    {
      ...without(status, ...ASYNC_OPERATION),
      currentOperation: 'Bind',
      unbindStatus: 'Required',
      orphanMitigationInProgress: true,
      retry: { attempts: (status.retry?.attempts ?? 0) + 1 },
    },
    'False',
    'ServiceBindingNeedsOrphanMitigation',
    `${message} What the attempt may have left at the broker is being removed before the next one.`,
    now,
  );
}
