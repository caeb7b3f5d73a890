import { isTrue } from '../../lib/catalog/conditions.ts';
import type { ServiceBindingStatus } from '../../lib/catalog/types.generated.ts';

/** Whether the broker has confirmed the binding. */
export function isBound(status: ServiceBindingStatus): boolean {
  return status.externalProperties !== undefined && status.currentOperation !== 'Bind';
}

/** Whether the binding was refused for good and its spec is still the same. */
export function isRefused(status: ServiceBindingStatus, generation: number): boolean {
  const observed = status.observedGeneration ?? status.reconciledGeneration ?? 0;
  return observed >= generation && isTrue(status, 'Failed');
}
