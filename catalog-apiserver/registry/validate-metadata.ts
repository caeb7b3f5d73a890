import type { KubeObject, ObjectMeta, OwnerReference } from '../../lib/kube/objects.ts';
import type { Kind } from '../kinds/kind.ts';
import { forbiddenField, invalidValue, required } from '../schema/causes.ts';
import type { Cause } from '../status.ts';
import { labelNameFault, labelValueFault, qualifiedNameFault, subdomainFault } from './names.ts';

/** All annotations of an object together, bytes. */
const MAX_ANNOTATION_BYTES = 256 * 1024;

/** Finalizers without a prefix that Kubernetes itself defines. */
const STANDARD_FINALIZERS = new Set(['kubernetes', 'orphan', 'foregroundDeletion']);

/** Every fault of an object's metadata, beyond its types. */
export function metadataFaults(kind: Kind, { metadata }: KubeObject, old: KubeObject | undefined): Cause[] {
  return [
    ...(old === undefined ? nameFaults(kind, metadata) : []),
    ...labelFaults(metadata),
    ...annotationFaults(metadata),
    ...finalizerFaults(metadata, old?.metadata),
    ...ownerFaults(metadata.ownerReferences ?? []),
  ];
}

function nameFaults(kind: Kind, metadata: ObjectMeta): Cause[] {
  const name = metadata.name ?? '';
  if (name === '') return [required('metadata.name', 'name or generateName is required')];
  const fault = kind.names === 'label' ? labelNameFault(name) : subdomainFault(name);
  return fault === undefined ? [] : [invalidValue('metadata.name', name, fault)];
}

function labelFaults(metadata: ObjectMeta): Cause[] {
  return Object.entries(metadata.labels ?? {}).flatMap(([key, value]) => {
    const keyFault = qualifiedNameFault(key);
    const valueFault = labelValueFault(value);
    return [
      ...(keyFault === undefined ? [] : [invalidValue('metadata.labels', key, keyFault)]),
      ...(valueFault === undefined ? [] : [invalidValue('metadata.labels', value, valueFault)]),
    ];
  });
}

function annotationFaults(metadata: ObjectMeta): Cause[] {
  const entries = Object.entries(metadata.annotations ?? {});
  const causes = entries.flatMap(([key]) => {
    // Kubernetes checks the lower-case form: annotations of its early days have capitals in their prefix.
    const fault = qualifiedNameFault(key.toLowerCase());
    return fault === undefined ? [] : [invalidValue('metadata.annotations', key, fault)];
  });
  const bytes = entries.reduce((sum, [key, value]) => sum + Buffer.byteLength(key) + Buffer.byteLength(value), 0);
  if (bytes > MAX_ANNOTATION_BYTES)
    causes.push({
      reason: 'FieldValueTooLong',
      field: 'metadata.annotations',
      message: `Too long: may not be more than ${MAX_ANNOTATION_BYTES} bytes`,
    });
  return causes;
}

function finalizerFaults(metadata: ObjectMeta, old: ObjectMeta | undefined): Cause[] {
  const finalizers = metadata.finalizers ?? [];
  const causes = finalizers.flatMap((finalizer) => {
    const fault = qualifiedNameFault(finalizer);
    if (fault !== undefined) return [invalidValue('metadata.finalizers', finalizer, fault)];
    if (finalizer.includes('/') || STANDARD_FINALIZERS.has(finalizer)) return [];
    return [
      invalidValue(
        'metadata.finalizers',
        finalizer,
        'name is neither a standard finalizer name nor is it fully qualified',
      ),
    ];
  });
  if (finalizers.includes('orphan') && finalizers.includes('foregroundDeletion'))
    causes.push(
      invalidValue('metadata.finalizers', finalizers, 'finalizers orphan and foregroundDeletion cannot be both set'),
    );
  if (old?.deletionTimestamp !== undefined) {
    const added = finalizers.filter((finalizer) => old.finalizers?.includes(finalizer) !== true);
    if (added.length > 0) {
      const found = added.map((name) => JSON.stringify(name)).join(', ');
      causes.push(
        forbiddenField(
          'metadata.finalizers',
          `no new finalizers can be added if the object is being deleted, found new finalizers []string{${found}}`,
        ),
      );
    }
  }
  return causes;
}

function ownerFaults(owners: readonly OwnerReference[]): Cause[] {
  const causes = owners.flatMap((owner, index) => {
    const field = `metadata.ownerReferences[${index}]`;
    return [
      ...(owner.apiVersion === '' ? [invalidValue(`${field}.apiVersion`, '', 'version must not be empty')] : []),
      ...(owner.kind === '' ? [invalidValue(`${field}.kind`, '', 'must not be empty')] : []),
      ...(owner.name === '' ? [invalidValue(`${field}.name`, '', 'must not be empty')] : []),
      ...(owner.uid === '' ? [invalidValue(`${field}.uid`, '', 'must not be empty')] : []),
      ...(owner.apiVersion === 'v1' && owner.kind === 'Event'
        ? [invalidValue(field, owner.kind, 'is disallowed from being an owner')]
        : []),
    ];
  });
  const controllers = owners.filter((owner) => owner.controller === true);
  if (controllers.length > 1)
    causes.push(
      invalidValue(
        'metadata.ownerReferences',
        controllers.map((owner) => `${owner.kind}/${owner.name}`),
        'Only one reference can have Controller set to true',
      ),
    );
  return causes;
}
