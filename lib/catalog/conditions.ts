import type { Condition } from './types.generated.ts';

/** Pure handling of `status.conditions`. Code that decides works with these and never writes the list itself. */

export type ConditionType = 'Ready' | 'Failed' | 'OrphanMitigation';
export type ConditionStatus = Condition['status'];

/** A condition before it has a time. */
export interface ConditionState {
  readonly type: ConditionType;
  readonly status: ConditionStatus;
  readonly reason: string;
  readonly message: string;
}

/** As much of a status as conditions are in. */
export interface ConditionHolder {
  conditions?: Condition[];
  lastConditionState?: string;
}

/**
 * The list with `state` in it. A type that is there keeps its place, a new one goes to the end. `lastTransitionTime`
 * moves only when the status changes. Returns the same list when nothing changes, so that callers can see whether a
 * write is needed.
 */
export function setCondition(
  conditions: readonly Condition[] | undefined,
  state: ConditionState,
  now: Date,
): Condition[] {
  const list = (conditions ?? []) as Condition[];
  const index = list.findIndex((condition) => condition.type === state.type);
  const before = list[index];
  if (before === undefined) return [...list, { ...state, lastTransitionTime: formatTime(now) }];
  if (before.status === state.status && before.reason === state.reason && before.message === state.message) return list;
  const lastTransitionTime = before.status === state.status ? before.lastTransitionTime : formatTime(now);
  return list.with(index, { ...state, lastTransitionTime });
}

/** The list without the condition of that type; the same list when there is none. */
export function removeCondition(conditions: readonly Condition[] | undefined, type: ConditionType): Condition[] {
  const list = (conditions ?? []) as Condition[];
  return list.some((condition) => condition.type === type) ? list.filter((condition) => condition.type !== type) : list;
}

/** The condition of that type, or undefined. */
export function findCondition(status: ConditionHolder | undefined, type: ConditionType): Condition | undefined {
  return status?.conditions?.find((condition) => condition.type === type);
}

/** Whether the condition of that type is there and True. */
export function isTrue(status: ConditionHolder | undefined, type: ConditionType): boolean {
  return findCondition(status, type)?.status === 'True';
}

/** `status.lastConditionState`: of the last condition the type when it is True, else the reason; empty without any. */
export function lastConditionState(conditions: readonly Condition[] | undefined): string {
  const last = conditions?.at(-1);
  if (last === undefined) return '';
  return last.status === 'True' ? last.type : last.reason;
}

/**
 * A status with these conditions set, those types removed and `lastConditionState` brought up to date. Returns the
 * same object when nothing changes.
 */
export function withConditions<S extends ConditionHolder>(
  status: S,
  change: { readonly set?: readonly ConditionState[]; readonly remove?: readonly ConditionType[] },
  now: Date,
): S {
  let conditions = status.conditions ?? [];
  for (const type of change.remove ?? []) conditions = removeCondition(conditions, type);
  for (const state of change.set ?? []) conditions = setCondition(conditions, state, now);
  const last = lastConditionState(conditions);
  if (conditions === status.conditions && last === (status.lastConditionState ?? '')) return status;
  return { ...status, conditions, lastConditionState: last };
}

/** RFC 3339 in whole seconds, as the times in Kubernetes objects are (metav1.Time). */
export function formatTime(time: Date): string {
  return `${time.toISOString().slice(0, 19)}Z`;
}
