import { formatTime, withConditions } from '../../lib/catalog/conditions.ts';
import type { Reason } from '../../lib/catalog/reasons.ts';
import type { Condition, Retry } from '../../lib/catalog/types.generated.ts';

/** What the statuses of instances and bindings have in common. */
export interface OperationStatus {
  conditions?: Condition[];
  lastConditionState?: string;
  observedGeneration?: number;
  /** When the first of the attempts began that are being made: how long they have been made is counted from here. */
  operationStartTime?: string;
  asyncOpInProgress?: boolean;
  /** When the broker accepted what it works on now: how long that may take is counted from here. */
  asyncOpStartTime?: string;
  lastOperation?: string;
  orphanMitigationInProgress?: boolean;
  retry?: Retry;
}

/** What there is of a status only while the broker works on a request that it has accepted; for {@link without}. */
export const ASYNC_OPERATION = ['asyncOpInProgress', 'asyncOpStartTime', 'lastOperation'] as const;

/** A copy without the given fields. */
export function without<S extends object, K extends keyof S>(status: S, ...fields: K[]): Omit<S, K> {
  const copy: Partial<S> = { ...status };
  for (const field of fields) Reflect.deleteProperty(copy, field);
  return copy as Omit<S, K>;
}

/**
 * Takes note of the spec's generation: what was given up or postponed for an older one starts afresh. Every write that
 * follows from the present spec goes through this.
 */
export function acknowledge<S extends OperationStatus>(status: S, generation: number, now: number): S {
  if ((status.observedGeneration ?? 0) >= generation) return status;
  const restarted = status.operationStartTime === undefined ? {} : { operationStartTime: formatTime(new Date(now)) };
  const acknowledged = { ...without(status, 'retry'), ...restarted, observedGeneration: generation } as S;
  return withConditions(acknowledged, { remove: ['Failed'] }, new Date(now));
}

/**
 * The broker has accepted the request and works on it by itself. The attempts go on being counted from the first one,
 * or a broker that accepts everything and ends nothing well would be tried for ever.
 */
export function withAsyncOperation<S extends OperationStatus>(
  status: S,
  operation: string | undefined,
  now: number,
): S {
  const start = formatTime(new Date(now));
  return {
    ...without(status, 'lastOperation'),
    asyncOpInProgress: true,
    asyncOpStartTime: start,
    operationStartTime: status.operationStartTime ?? start,
    ...(operation === undefined ? {} : { lastOperation: operation }),
  } as S;
}

/** When the broker began what it works on, RFC 3339; in a status of before it had a field of its own, the other field. */
export function asyncStart(status: OperationStatus): string | undefined {
  return status.asyncOpStartTime ?? status.operationStartTime;
}

/** Ready, with the given status. */
export function ready<S extends OperationStatus>(
  status: S,
  value: Condition['status'],
  reason: Reason,
  message: string,
  now: number,
): S {
  return withConditions(status, { set: [{ type: 'Ready', status: value, reason, message }] }, new Date(now));
}

/** Failed: nothing more will be tried until the spec changes. */
export function failed<S extends OperationStatus>(status: S, reason: Reason, message: string, now: number): S {
  return withConditions(
    without(status, 'retry') as S,
    { set: [{ type: 'Failed', status: 'True', reason, message }] },
    new Date(now),
  );
}

/** True while an attempt is postponed that is to be made again: until its time, a change of the spec or of the broker. */
export function isPostponed(
  status: OperationStatus,
  generation: number,
  { now, brokerHasChanged }: { readonly now: number; readonly brokerHasChanged: boolean },
): boolean {
  if ((status.observedGeneration ?? 0) < generation || brokerHasChanged) return false;
  const next = status.retry?.nextAttemptTime;
  return next !== undefined && Date.parse(next) > now;
}

/** The `retry` of an attempt that begins now: the count goes on, no further attempt is scheduled yet. */
export function begun(retry: Retry | undefined): { retry?: Retry } {
  return retry?.attempts === undefined || retry.attempts === 0 ? {} : { retry: { attempts: retry.attempts } };
}
