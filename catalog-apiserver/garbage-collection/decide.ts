import type { KubeObject, OwnerReference } from '../../lib/kube/objects.ts';

/** The finalizer of an object that is deleted after its dependents (`kubectl delete --cascade=foreground`). */
export const FOREGROUND = 'foregroundDeletion';
/** The finalizer of an object whose dependents stay (`--cascade=orphan`). */
export const ORPHAN = 'orphan';

export type PropagationPolicy = 'Background' | 'Foreground' | 'Orphan';

/**
 * What an owner reference leads to. `solid`: an object that stays. `waiting`: one that is deleted as soon as its
 * dependents are. `absent`: none, or another one of that name. `unresolvable`: this server cannot say, because it does
 * not know the kind, or because a cluster-wide object names an owner in a namespace; such a reference holds the object.
 */
export type OwnerState = 'solid' | 'waiting' | 'absent' | 'unresolvable';

/** A reference and what it leads to. */
export interface JudgedReference {
  readonly reference: OwnerReference;
  readonly state: OwnerState;
}

/** What to do with an object that has owners. */
export type DependentAction =
  | { readonly type: 'keep' }
  /** Take these references off, the object lives on through another owner. */
  | { readonly type: 'drop-references'; readonly uids: readonly string[] }
  /** Delete it. `unblock` first where owner and dependent wait for each other. */
  | { readonly type: 'delete'; readonly policy: PropagationPolicy; readonly unblock: boolean };

export interface DependentFacts {
  readonly references: readonly JudgedReference[];
  readonly finalizers: readonly string[];
  /** The object has dependents of its own. */
  readonly hasDependents: boolean;
  /** One of them waits for its own dependents, which may be this very object. */
  readonly dependentWaits: boolean;
}

/**
 * The rules of Kubernetes' garbage collector for an object with owners: it lives as long as one of them does, loses the
 * references to those that are gone, and is deleted when none is left. Below an owner that waits for its dependents, an
 * object with dependents of its own waits for them in turn.
 */
export function decideDependent(facts: DependentFacts): DependentAction {
  const { references } = facts;
  const uids = (...states: OwnerState[]): string[] =>
    references.filter(({ state }) => states.includes(state)).map(({ reference }) => reference.uid);
  if (references.length === 0) return { type: 'keep' };
  if (uids('solid', 'unresolvable').length > 0) {
    const gone = uids('absent', 'waiting');
    return gone.length === 0 ? { type: 'keep' } : { type: 'drop-references', uids: gone };
  }
  if (uids('waiting').length > 0 && facts.hasDependents) {
    return { type: 'delete', policy: 'Foreground', unblock: facts.dependentWaits };
  }
  return { type: 'delete', policy: ownPolicy(facts.finalizers), unblock: false };
}

/** Deleted with its dependents waited for. */
export function isWaiting({ metadata }: KubeObject): boolean {
  return metadata.deletionTimestamp !== undefined && (metadata.finalizers ?? []).includes(FOREGROUND);
}

/** Deleted with its dependents to be left alone. */
export function isOrphaning({ metadata }: KubeObject): boolean {
  return metadata.deletionTimestamp !== undefined && (metadata.finalizers ?? []).includes(ORPHAN);
}

/** Whether an object keeps its owner `uid` from going while it waits for its dependents. */
export function blocks({ metadata }: KubeObject, uid: string): boolean {
  return (metadata.ownerReferences ?? []).some((owner) => owner.uid === uid && owner.blockOwnerDeletion === true);
}

/** A policy somebody has already asked for lives on in the finalizers. */
function ownPolicy(finalizers: readonly string[]): PropagationPolicy {
  if (finalizers.includes(ORPHAN)) return 'Orphan';
  return finalizers.includes(FOREGROUND) ? 'Foreground' : 'Background';
}
