import type { KubeObject } from '../kube/objects.ts';
import { FINALIZER } from './resources.ts';
import type { AnyBroker } from './scope.ts';
import type { ServiceBinding, ServiceInstance } from './types.generated.ts';

/**
 * What admission puts into objects that users leave out. The controllers do the same on a cluster without our
 * admission, so these are the one place that says it. Each returns its argument when nothing is missing.
 */

/** With our finalizer after those that are there. Nothing is put on an object that is being deleted. */
export function withFinalizer<T extends KubeObject>(object: T): T {
  const { finalizers = [], deletionTimestamp } = object.metadata;
  if (deletionTimestamp !== undefined || finalizers.includes(FINALIZER)) return object;
  return { ...object, metadata: { ...object.metadata, finalizers: [...finalizers, FINALIZER] } };
}

/** A broker as it is stored. */
export function completeBroker<T extends AnyBroker>(broker: T): T {
  const complete = withFinalizer(broker);
  const { relistBehavior, relistRequests } = complete.spec;
  if (relistBehavior !== undefined && relistBehavior !== '' && relistRequests !== undefined) return complete;
  const defaults = { relistBehavior: relistBehavior || 'Duration', relistRequests: relistRequests ?? 0 };
  return { ...complete, spec: { ...complete.spec, ...defaults } };
}

/**
 * An instance as it is stored. `newId` is its id at the broker when the user gives none: a fresh UUID, or metadata.uid
 * where that is known. Undefined leaves the id open.
 */
export function completeInstance(instance: ServiceInstance, newId: string | undefined): ServiceInstance {
  const complete = withFinalizer(instance);
  const { externalID, updateRequests } = complete.spec;
  const id = externalID || newId;
  if (id === externalID && updateRequests !== undefined) return complete;
  const spec = {
    ...complete.spec,
    updateRequests: updateRequests ?? 0,
    ...(id === undefined ? {} : { externalID: id }),
  };
  return { ...complete, spec };
}

/** A binding as it is stored. `newId` as in {@link completeInstance}. The Secret is named after the binding unless the user says otherwise. */
export function completeBinding(binding: ServiceBinding, newId: string | undefined): ServiceBinding {
  const complete = withFinalizer(binding);
  const { externalID, secretName } = complete.spec;
  const id = externalID || newId;
  // With generateName the name is not known yet; the controller fills this in then.
  const secret = secretName || complete.metadata.name;
  if (id === externalID && secret === secretName) return complete;
  const spec = {
    ...complete.spec,
    ...(id === undefined ? {} : { externalID: id }),
    ...(secret === undefined ? {} : { secretName: secret }),
  };
  return { ...complete, spec };
}
