import type { KubeObject, Resource } from '../../lib/kube/objects.ts';
import type { Schema } from '../schema/schema.ts';
import type { Cause } from '../status.ts';

export const ALL_VERBS = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch'] as const;
export const READ_VERBS = ['get', 'list', 'watch'] as const;
export type Verb = (typeof ALL_VERBS)[number];

/** What can stand after an object's name in a path. */
export type Subresource = 'status' | 'finalize';

/** A column of `kubectl get`. */
export interface Column {
  readonly name: string;
  readonly type: 'string' | 'integer' | 'number' | 'boolean' | 'date';
  readonly format?: string;
  readonly description: string;
  /** 0 is always shown, more only with `-o wide`. */
  readonly priority: number;
  /** `undefined` leaves the cell empty. */
  readonly cell: (object: KubeObject, now: number) => unknown;
}

/**
 * Everything this server knows about one kind of object. The rest of the program has no `if (kind === 'Secret')`: what
 * differs between kinds is here, from a CustomResourceDefinition or written down for the few built-in ones.
 */
export interface Kind {
  readonly resource: Resource;
  readonly listKind: string;
  readonly singular: string;
  readonly shortNames: readonly string[];
  readonly categories: readonly string[];
  readonly verbs: readonly Verb[];
  /** Why the verbs that are missing are: told to whoever tries them. */
  readonly readOnlyBecause?: string;
  readonly subresources: readonly Subresource[];
  /** Of a whole object. */
  readonly schema: Schema;
  /** After the name. */
  readonly columns: readonly Column[];
  /** From a CustomResourceDefinition; such objects go through admission, and their schema faults are 422, not 400. */
  readonly custom: boolean;
  /** `metadata.generation` counts the changes of what is neither metadata nor status. */
  readonly hasGeneration: boolean;
  /** Whether an update may leave out the resourceVersion and overwrite whatever is there. */
  readonly unconditionalUpdate: boolean;
  /** Lists that a strategic merge patch merges by key instead of replacing; undefined: no strategic merge patch. */
  readonly mergeKeys: MergeKeys | undefined;
  /** What names must be: `label` 63 characters without dots, `subdomain` 253 with dots. */
  readonly names: 'label' | 'subdomain';
  /** Fields that may be selected by, besides `metadata.name` and `metadata.namespace`. */
  readonly selectableFields: Readonly<Record<string, (object: KubeObject) => string>>;
  /** Objects go away so long after their last write, milliseconds. */
  readonly ttlMs?: number;
  readonly strategy: Strategy;
}

/** Path of a list (`metadata.finalizers`) to the key its items are told apart by, or null for a set of plain values. */
export type MergeKeys = Readonly<Record<string, string | null>>;

/** Rules of one kind that a schema cannot say. Objects given may be changed; they are the request's own copies. */
export interface Strategy {
  readonly prepareForCreate?: (object: KubeObject) => void;
  readonly prepareForUpdate?: (object: KubeObject, old: KubeObject) => void;
  /** Faults of an object; `old` is what it replaces. */
  readonly validate?: (object: KubeObject, old: KubeObject | undefined) => Cause[];
  /** Why an object with this name may never be deleted. */
  readonly undeletable?: (name: string) => string | undefined;
  /** Called when deletion was asked for and the object stays for now. */
  readonly markDeleting?: (object: KubeObject) => void;
  /** Whether an object marked for deletion may go; by default when its finalizers are empty. */
  readonly mayGo?: (object: KubeObject) => boolean;
}

/** The lists every kind has in its metadata. */
export const METADATA_MERGE_KEYS: MergeKeys = { 'metadata.finalizers': null, 'metadata.ownerReferences': 'uid' };
