import type { ServiceInstanceStatus } from '../../lib/catalog/types.generated.ts';
import { ASYNC_OPERATION, without } from '../operation/record.ts';

/** The status once the broker has carried out the intent, whichever it was: what was in progress is what holds. */
export function carriedOut(status: ServiceInstanceStatus, dashboardURL: string | undefined): ServiceInstanceStatus {
  return {
    ...without(status, 'inProgressProperties', 'operationStartTime', ...ASYNC_OPERATION, 'retry'),
    currentOperation: '',
    reconciledGeneration: status.observedGeneration ?? 0,
    ...(status.inProgressProperties === undefined ? {} : { externalProperties: status.inProgressProperties }),
    ...(dashboardURL === undefined ? {} : { dashboardURL }),
  };
}
