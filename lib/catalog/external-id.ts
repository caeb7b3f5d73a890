import type { KubeObject } from '../kube/objects.ts';
import { API_GROUP } from './resources.ts';

/**
 * Where `spec.externalID`, the id at the broker, comes from. One that was made up for this object cannot be anybody
 * else's: what the broker has under it is this object's, and may be removed when an attempt to create it has failed. One
 * that a user chose may stand for something that was there before.
 *
 * An id that is the object's uid was made up. A webhook does not know the uid yet; it makes up another id and says so
 * in this annotation, which holds the id. Admission takes it off what users send; without admission anybody can write
 * it, and it is not believed.
 */
export const GENERATED_ID = `${API_GROUP}/generated-external-id`;

type WithExternalId = KubeObject & { readonly spec: { readonly externalID?: string } };

/** Whether the id at the broker was made up for this object. */
export function hasGeneratedId({ metadata, spec }: WithExternalId, admissionIsTrusted: boolean): boolean {
  const { externalID } = spec;
  if (externalID === undefined || externalID === '') return false;
  return externalID === metadata.uid || (admissionIsTrusted && metadata.annotations?.[GENERATED_ID] === externalID);
}

/** With the note that `id` was made up for the object, or without any such note when undefined. */
export function withGeneratedId<T extends KubeObject>(object: T, id: string | undefined): T {
  const { annotations } = object.metadata;
  if (annotations?.[GENERATED_ID] === id) return object;
  const { [GENERATED_ID]: _, ...others } = annotations ?? {};
  const next = id === undefined ? others : { ...others, [GENERATED_ID]: id };
  const { annotations: __, ...metadata } = object.metadata;
  return { ...object, metadata: { ...metadata, ...(Object.keys(next).length === 0 ? {} : { annotations: next }) } };
}
