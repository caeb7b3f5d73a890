import type { KubeObject } from '../kube/objects.ts';
import type { AdmissionRequest } from './admission.ts';
import { GENERATED_ID, withGeneratedId } from './external-id.ts';
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

/** An instance as it is stored. `newId` is its id at the broker when the user gives none; undefined leaves the id open. */
export function completeInstance(instance: ServiceInstance, newId: AdmissionRequest['newId']): ServiceInstance {
  const complete = withExternalId(withFinalizer(instance), newId);
  if (complete.spec.updateRequests !== undefined) return complete;
  return { ...complete, spec: { ...complete.spec, updateRequests: 0 } };
}

/** A binding as it is stored. `newId` as in {@link completeInstance}. The Secret is named after the binding unless the user says otherwise. */
export function completeBinding(binding: ServiceBinding, newId: AdmissionRequest['newId']): ServiceBinding {
  const complete = withExternalId(withFinalizer(binding), newId);
  // With generateName the name is not known yet; the controller fills this in then.
  const secretName = complete.spec.secretName || complete.metadata.name;
  if (secretName === complete.spec.secretName || secretName === undefined) return complete;
  return { ...complete, spec: { ...complete.spec, secretName } };
}

/** Our finalizer is put back where a client has left it out of an object that is to stay. */
export function keepFinalizer<T extends KubeObject>(old: T, object: T): T {
  return old.metadata.finalizers?.includes(FINALIZER) === true ? withFinalizer(object) : object;
}

/** What admission has noted on an instance or binding, as it was when it was stored, and our finalizer. */
export function keepMarks<T extends ServiceInstance | ServiceBinding>(old: T, object: T): T {
  return keepFinalizer(old, withGeneratedId(object, old.metadata.annotations?.[GENERATED_ID]));
}

/**
 * With an id at the broker, where one can be made up, and the note that it was. With an id of the user's the note comes
 * from another object, or from somebody who wants an id of others to be taken for his: it is taken off.
 */
function withExternalId<T extends ServiceInstance | ServiceBinding>(object: T, newId: AdmissionRequest['newId']): T {
  if (newId === undefined) return object;
  const { externalID } = object.spec;
  if (externalID && externalID !== newId.value) return withGeneratedId(object, undefined);
  const complete = { ...object, spec: { ...object.spec, externalID: newId.value } };
  return withGeneratedId(complete, newId.of === 'fresh' ? newId.value : undefined);
}
