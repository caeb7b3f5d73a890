/** What deleting the content of a namespace came to, for one resource. */
export interface Remaining {
  /** As users name it: `serviceinstances.servicecatalog.k8s.io`. */
  readonly resource: string;
  readonly count: number;
  /** The finalizers that hold them, with how many objects each. */
  readonly finalizers: ReadonlyMap<string, number>;
}

export interface NamespaceCondition {
  readonly type: string;
  readonly status: 'True' | 'False';
  readonly lastTransitionTime: string;
  readonly reason: string;
  readonly message: string;
}

type Verdict = Omit<NamespaceCondition, 'lastTransitionTime'>;

/**
 * The conditions of a namespace that is being deleted, with the types, reasons and messages of Kubernetes, so that
 * `kubectl describe namespace` says what it waits for. The time of a condition moves only when its status does.
 */
export function namespaceConditions(
  previous: readonly NamespaceCondition[],
  remaining: readonly Remaining[],
  failures: readonly string[],
  now: string,
): NamespaceCondition[] {
  const verdicts = [contentFailure(failures), contentRemaining(remaining), finalizersRemaining(remaining)];
  return verdicts.map((verdict) => {
    const before = previous.find(({ type }) => type === verdict.type);
    const lastTransitionTime = before?.status === verdict.status ? before.lastTransitionTime : now;
    return { ...verdict, lastTransitionTime };
  });
}

function contentFailure(failures: readonly string[]): Verdict {
  const type = 'NamespaceDeletionContentFailure';
  return failures.length > 0
    ? {
        type,
        status: 'True',
        reason: 'ContentDeletionFailed',
        message: `Failed to delete all resource types, ${failures.length} remaining: ${failures.join(', ')}`,
      }
    : {
        type,
        status: 'False',
        reason: 'ContentDeleted',
        message: 'All content successfully deleted, may be waiting on finalization',
      };
}

function contentRemaining(remaining: readonly Remaining[]): Verdict {
  const type = 'NamespaceContentRemaining';
  const counts = remaining.map(({ resource, count }) => `${resource} has ${count} resource instances`);
  return counts.length > 0
    ? {
        type,
        status: 'True',
        reason: 'SomeResourcesRemain',
        message: `Some resources are remaining: ${counts.join(', ')}`,
      }
    : { type, status: 'False', reason: 'ContentRemoved', message: 'All content successfully removed' };
}

function finalizersRemaining(remaining: readonly Remaining[]): Verdict {
  const type = 'NamespaceFinalizersRemaining';
  const counts = new Map<string, number>();
  for (const { finalizers } of remaining) {
    for (const [finalizer, count] of finalizers) counts.set(finalizer, (counts.get(finalizer) ?? 0) + count);
  }
  const texts = [...counts].sort().map(([finalizer, count]) => `${finalizer} in ${count} resource instances`);
  return texts.length > 0
    ? {
        type,
        status: 'True',
        reason: 'SomeFinalizersRemain',
        message: `Some content in the namespace has finalizers remaining: ${texts.join(', ')}`,
      }
    : {
        type,
        status: 'False',
        reason: 'ContentHasNoFinalizers',
        message: 'All content-preserving finalizers finished',
      };
}
