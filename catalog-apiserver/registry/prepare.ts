import { copyJson } from '../../lib/kube/copy-json.ts';
import { randomInt } from 'node:crypto';
import type { KubeObject, ObjectMeta } from '../../lib/kube/objects.ts';
import type { Kind, Subresource } from '../kinds/kind.ts';
import { isRecord } from '../schema/schema.ts';
import { validate } from '../schema/validate.ts';
import type { Cause } from '../status.ts';
import { metadataFaults } from './validate-metadata.ts';
import { jsonEqual } from '../schema/json-equal.ts';

/** What a write may and may not change. The functions return new objects; what they are given stays as it is. */

/** Characters of generated names: no vowels, so that no words come out, and nothing that looks like something else. */
const NAME_CHARACTERS = 'bcdfghjklmnpqrstvwxz2456789';
const GENERATED_CHARACTERS = 5;
const LONGEST_GENERATED_NAME = 63;

/** `object` as it begins its life; what only the server may set is set, the rest of the request's metadata is kept. */
export function prepareForCreate(kind: Kind, object: KubeObject, namespace: string | undefined): KubeObject {
  const { uid: _uid, deletionTimestamp: _at, deletionGracePeriodSeconds: _grace, ...given } = object.metadata;
  const { namespace: _namespace, generation: _generation, resourceVersion: _version, ...rest } = given;
  const metadata: ObjectMeta = {
    ...rest,
    name: nameOf(given),
    ...(namespace === undefined ? {} : { namespace }),
    ...(kind.hasGeneration ? { generation: 1 } : {}),
  };
  delete metadata.creationTimestamp;
  const created = copyJson({ ...object, metadata });
  if (kind.subresources.includes('status')) delete (created as { status?: unknown }).status;
  kind.strategy.prepareForCreate?.(created);
  return created;
}

/** The name, or one made from the prefix. */
function nameOf({ name, generateName }: ObjectMeta): string {
  if (name !== undefined && name !== '') return name;
  if (generateName === undefined || generateName === '') return '';
  const prefix = generateName.slice(0, LONGEST_GENERATED_NAME - GENERATED_CHARACTERS);
  const characters = Array.from(
    { length: GENERATED_CHARACTERS },
    () => NAME_CHARACTERS[randomInt(NAME_CHARACTERS.length)],
  );
  return `${prefix}${characters.join('')}`;
}

/**
 * `candidate` as what replaces `old`: identity and what only the server may set come from `old`; an update of the
 * object leaves its status alone and an update of the status leaves everything else alone.
 */
export function prepareForUpdate(
  kind: Kind,
  subresource: Subresource | undefined,
  candidate: KubeObject,
  old: KubeObject,
): KubeObject {
  const next = copyJson(merge(kind, subresource, candidate, old));
  if (subresource === undefined) kind.strategy.prepareForUpdate?.(next, copyJson(old));
  if (kind.hasGeneration && !jsonEqual(contentOf(next), contentOf(old)))
    next.metadata.generation = (old.metadata.generation ?? 0) + 1;
  return next;
}

function merge(kind: Kind, subresource: Subresource | undefined, candidate: KubeObject, old: KubeObject): KubeObject {
  const { status, spec } = candidate as { status?: unknown; spec?: unknown };
  switch (subresource) {
    case 'status':
      return withField(old, 'status', status);
    case 'finalize': {
      const oldSpec = (old as { spec?: object }).spec;
      const finalizers = isRecord(spec) ? (spec['finalizers'] ?? []) : [];
      return withField(old, 'spec', { ...oldSpec, finalizers });
    }
    case undefined: {
      const updated: KubeObject = { ...candidate, metadata: keptMetadata(candidate.metadata, old.metadata) };
      if (!kind.subresources.includes('status')) return updated;
      return withField(updated, 'status', (old as { status?: unknown }).status);
    }
  }
}

function withField(object: KubeObject, field: string, value: unknown): KubeObject {
  const { [field]: _previous, ...rest } = object as unknown as Record<string, unknown>;
  return (value === undefined ? rest : { ...rest, [field]: value }) as unknown as KubeObject;
}

const SERVER_FIELDS = [
  'name',
  'generateName',
  'namespace',
  'uid',
  'resourceVersion',
  'generation',
  'creationTimestamp',
  'deletionTimestamp',
  'deletionGracePeriodSeconds',
] as const satisfies (keyof ObjectMeta)[];

function keptMetadata(candidate: ObjectMeta, old: ObjectMeta): ObjectMeta {
  const names: readonly string[] = SERVER_FIELDS;
  const free = Object.entries(candidate).filter(([name]) => !names.includes(name));
  const fixed = Object.entries(old).filter(([name]) => names.includes(name));
  return Object.fromEntries([...fixed, ...free]);
}

/** What a generation counts the changes of. */
function contentOf(object: KubeObject): object {
  const { metadata: _metadata, status: _status, ...content } = object as KubeObject & { status?: unknown };
  return content;
}

/** Every fault of an object that is about to be stored. */
export function faultsOf(kind: Kind, object: KubeObject, old: KubeObject | undefined): Cause[] {
  const faults = [...metadataFaults(kind, object, old), ...validate(object, kind.schema)];
  // A strategy reads fields the schema has promised it the types of.
  return faults.length > 0 ? faults : (kind.strategy.validate?.(object, old) ?? []);
}
