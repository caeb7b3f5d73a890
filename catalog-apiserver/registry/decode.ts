import type { KubeObject } from '../../lib/kube/objects.ts';
import { apiVersionOf } from '../../lib/kube/objects.ts';
import type { Kind } from '../kinds/kind.ts';
import { OBJECT_META } from '../kinds/object-meta.ts';
import { applyDefaults } from '../schema/default.ts';
import { prune } from '../schema/prune.ts';
import { isRecord } from '../schema/schema.ts';
import { validate } from '../schema/validate.ts';
import { badRequest } from '../status.ts';
import type { FieldValidation } from './context.ts';

/** A request's document, before anything is known about it. */
export interface Document {
  readonly value: unknown;
  /** Paths of fields that came twice. */
  readonly duplicates: readonly string[];
}

/**
 * A document as an object of `kind`: of the right type and version, without fields the schema does not know, with the
 * schema's defaults. Types of metadata (and of everything, for built-in kinds) are checked here. Throws a 400.
 */
export function decodeObject(
  kind: Kind,
  document: Document,
  fieldValidation: FieldValidation,
  warn: (text: string) => void,
): KubeObject {
  const { value } = document;
  const apiVersion = apiVersionOf(kind.resource);
  if (!isRecord(value)) throw badRequest(`the request body must be an object of kind ${kind.resource.kind}`);
  checkType('API version', value['apiVersion'], apiVersion);
  checkType('kind', value['kind'], kind.resource.kind);
  const problems = document.duplicates.map((path) => `duplicate field "${path}"`);
  const pruned = prune(withoutNulls(value, kind), kind.schema, (path) => problems.push(`unknown field "${path}"`));
  reportFields(kind, problems, fieldValidation, warn);
  const object = { ...(pruned as Record<string, unknown>), apiVersion, kind: kind.resource.kind };
  const metadata = normalMetadata((pruned as { metadata?: unknown }).metadata);
  const decoded = { ...object, metadata };
  checkTypes(kind, decoded);
  return applyDefaults(decoded, kind.schema) as KubeObject;
}

function checkType(what: string, given: unknown, expected: string): void {
  if (given === undefined || given === expected) return;
  const text = typeof given === 'string' ? given : JSON.stringify(given);
  throw badRequest(`the ${what} in the data (${text}) does not match the expected ${what} (${expected})`);
}

/** Built-in kinds are typed: in their top level and everywhere in metadata, null is the same as absent. */
function withoutNulls(value: Record<string, unknown>, kind: Kind): Record<string, unknown> {
  return kind.custom ? value : dropNulls(value);
}

function dropNulls(value: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(value).filter(([, field]) => field !== null));
}

/** Metadata without nulls and empty maps and lists, and without what this server does not keep. */
function normalMetadata(metadata: unknown): unknown {
  if (metadata === undefined || metadata === null) return {};
  if (!isRecord(metadata)) return metadata;
  const { managedFields: _fields, selfLink: _link, ...kept } = dropNulls(metadata);
  const isEmpty = (field: unknown): boolean =>
    typeof field === 'object' && field !== null && Object.keys(field).length === 0;
  return Object.fromEntries(Object.entries(kept).filter(([, field]) => !isEmpty(field)));
}

function reportFields(
  kind: Kind,
  problems: readonly string[],
  fieldValidation: FieldValidation,
  warn: (text: string) => void,
): void {
  if (problems.length === 0 || fieldValidation === 'Ignore') return;
  if (fieldValidation === 'Strict') throw undecodable(kind, `strict decoding error: ${problems.join(', ')}`);
  problems.forEach(warn);
}

function checkTypes(kind: Kind, object: { metadata: unknown }): void {
  const faults = kind.custom ? validate(object.metadata, OBJECT_META, 'metadata') : validate(object, kind.schema);
  const wrong = faults.find((fault) => fault.reason === 'FieldValueTypeInvalid');
  if (wrong !== undefined) throw undecodable(kind, `${wrong.field}: ${wrong.message}`);
}

function undecodable(kind: Kind, why: string) {
  const { kind: name, version } = kind.resource;
  return badRequest(`${name} in version "${version}" cannot be handled as a ${name}: ${why}`);
}
