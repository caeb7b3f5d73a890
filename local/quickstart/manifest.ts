import { parseAllDocuments } from 'yaml';
import { NAMESPACES } from '../../lib/kube/core-resources.ts';
import { apiVersionOf } from '../../lib/kube/objects.ts';
import type { KubeObject, Resource } from '../../lib/kube/objects.ts';
import { goJson } from '../../lib/catalog/go-json.ts';
import { CATALOG_RESOURCES, CLUSTER_SERVICE_BROKERS, SERVICE_BINDINGS } from '../../lib/catalog/resources.ts';
import { UsageError } from '../../lib/runtime/errors.ts';
import type { BindingKey } from './wait.ts';

/** One document of a manifest file. */
export interface ManifestObject {
  readonly resource: Resource;
  readonly object: KubeObject;
}

const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration';

const RESOURCES: readonly Resource[] = [NAMESPACES, ...CATALOG_RESOURCES];

/** The objects of a YAML text, in its order. Throws {@link UsageError} on what is no object of a known kind. */
export function parseManifest(text: string): ManifestObject[] {
  return parseAllDocuments(text).map((document) => {
    const fault = document.errors[0];
    if (fault) throw new UsageError(`The manifest is no YAML: ${fault.message}`);
    const object = document.toJS() as KubeObject;
    const resource = RESOURCES.find((known) => apiVersionOf(known) === object.apiVersion && known.kind === object.kind);
    if (!resource) throw new UsageError(`The manifest has a ${String(object.kind)} of ${String(object.apiVersion)}.`);
    return { resource, object };
  });
}

/** A manifest in the two parts in which it is applied, and what it is there for. */
export interface Quickstart {
  /** Applied first: what is ordered before their catalog is known gets a warning, and its credentials later. */
  readonly brokers: readonly ManifestObject[];
  /** Everything else, in the order of the file. */
  readonly rest: readonly ManifestObject[];
  /** The bindings among it, whose Secrets are waited for. */
  readonly bindings: readonly BindingKey[];
}

/** Reads a manifest as {@link parseManifest} does, for who applies it and waits for its credentials. */
export function parseQuickstart(text: string): Quickstart {
  const objects = parseManifest(text);
  const isBroker = ({ resource }: ManifestObject): boolean => resource.kind === CLUSTER_SERVICE_BROKERS.kind;
  return {
    brokers: objects.filter(isBroker),
    rest: objects.filter((item) => !isBroker(item)),
    bindings: objects
      .filter(({ resource }) => resource.kind === SERVICE_BINDINGS.kind)
      .map(({ object }) => ({ namespace: object.metadata.namespace ?? 'default', name: object.metadata.name ?? '' })),
  };
}

/**
 * The object as `kubectl apply` sends it: with itself in an annotation, in kubectl's own form, so that a later
 * `kubectl apply` of the same file says "unchanged", and of an edited one removes what was taken out.
 */
export function withLastApplied<T extends KubeObject>(object: T): T {
  const plain = { ...object, metadata: { ...object.metadata, annotations: object.metadata.annotations ?? {} } };
  const annotations = { ...plain.metadata.annotations, [LAST_APPLIED]: `${goJson(plain)}\n` };
  return { ...object, metadata: { ...object.metadata, annotations } };
}
