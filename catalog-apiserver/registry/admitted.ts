import type { KubeObject } from '../../lib/kube/objects.ts';
import type { Kind } from '../kinds/kind.ts';
import { applyDefaults } from '../schema/default.ts';
import { prune } from '../schema/prune.ts';
import { jsonEqual } from '../schema/json-equal.ts';

/**
 * What is stored of an object that admission answered with: `prepared` itself when nothing was changed; else the
 * answer, pruned and defaulted like a request, with the metadata only the server may set left as it was.
 */
export function withAdmitted(kind: Kind, prepared: KubeObject, answer: KubeObject | undefined): KubeObject {
  if (answer === undefined || answer === prepared || jsonEqual(answer, prepared)) return prepared;
  const pruned = prune(answer, kind.schema, () => undefined);
  const object = applyDefaults(pruned, kind.schema) as KubeObject;
  const { labels, annotations, finalizers, ownerReferences, ...fixed } = prepared.metadata;
  const changed = Object.fromEntries(
    Object.entries({
      labels: object.metadata.labels ?? labels,
      annotations: object.metadata.annotations ?? annotations,
      finalizers: object.metadata.finalizers ?? finalizers,
      ownerReferences: object.metadata.ownerReferences ?? ownerReferences,
    }).filter(([, value]) => value !== undefined),
  );
  return { ...object, metadata: { ...fixed, ...changed } };
}
