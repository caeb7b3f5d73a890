import { UsageError } from '../../lib/runtime/errors.ts';

/** A structural OpenAPI v3 schema, as far as this server understands them. */
export interface Schema {
  readonly type?: 'object' | 'array' | 'string' | 'integer' | 'number' | 'boolean';
  readonly description?: string;
  readonly format?: string;
  readonly nullable?: boolean;
  readonly default?: unknown;
  readonly enum?: readonly unknown[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: Schema | boolean;
  readonly required?: readonly string[];
  readonly minProperties?: number;
  readonly maxProperties?: number;
  readonly items?: Schema;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly uniqueItems?: boolean;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly pattern?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: boolean;
  readonly exclusiveMaximum?: boolean;
  readonly multipleOf?: number;
  readonly allOf?: readonly Schema[];
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly not?: Schema;
  readonly title?: string;
  readonly example?: unknown;
  readonly externalDocs?: object;
  readonly 'x-kubernetes-preserve-unknown-fields'?: boolean;
  readonly 'x-kubernetes-int-or-string'?: boolean;
  readonly 'x-kubernetes-list-type'?: 'atomic' | 'set' | 'map';
  readonly 'x-kubernetes-list-map-keys'?: readonly string[];
  readonly 'x-kubernetes-map-type'?: 'atomic' | 'granular';
  /** CEL is not evaluated here: lib/catalog's admission holds the same rules, for clusters that drop CEL as well. */
  readonly 'x-kubernetes-validations'?: readonly object[];
}

const KEYWORDS = new Set<string>([
  ...['type', 'description', 'format', 'nullable', 'default', 'enum', 'properties', 'additionalProperties', 'required'],
  ...['minProperties', 'maxProperties', 'items', 'minItems', 'maxItems', 'uniqueItems', 'minLength', 'maxLength'],
  ...['pattern', 'minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum', 'multipleOf', 'allOf', 'anyOf', 'oneOf'],
  ...['not', 'title', 'example', 'externalDocs', 'x-kubernetes-preserve-unknown-fields', 'x-kubernetes-int-or-string'],
  ...['x-kubernetes-list-type', 'x-kubernetes-list-map-keys', 'x-kubernetes-map-type', 'x-kubernetes-validations'],
]);

/**
 * `raw` as a schema. Throws {@link UsageError} that names the place of anything this server does not understand: a rule
 * that is not enforced must not look as if it were.
 */
export function readSchema(raw: unknown, place: string): Schema {
  if (!isRecord(raw)) throw new UsageError(`${place}: a schema must be an object`);
  for (const keyword of Object.keys(raw)) {
    if (!KEYWORDS.has(keyword)) throw new UsageError(`${place}: the schema keyword "${keyword}" is not supported`);
  }
  if (typeof raw['pattern'] === 'string') compilePattern(raw['pattern'], place);
  for (const [name, property] of Object.entries(recordOf(raw['properties'])))
    readSchema(property, `${place}.properties.${name}`);
  for (const keyword of ['items', 'not'] as const) {
    if (raw[keyword] !== undefined) readSchema(raw[keyword], `${place}.${keyword}`);
  }
  if (isRecord(raw['additionalProperties'])) readSchema(raw['additionalProperties'], `${place}.additionalProperties`);
  for (const keyword of ['allOf', 'anyOf', 'oneOf'] as const) {
    const branches: unknown = raw[keyword] ?? [];
    if (!Array.isArray(branches)) throw new UsageError(`${place}.${keyword}: must be a list`);
    branches.forEach((branch, index) => readSchema(branch, `${place}.${keyword}[${index}]`));
  }
  return raw;
}

const patterns = new Map<string, RegExp>();

/** The compiled pattern; each is compiled once. */
export function compilePattern(pattern: string, place = 'schema'): RegExp {
  const known = patterns.get(pattern);
  if (known !== undefined) return known;
  try {
    const compiled = new RegExp(pattern, 'u');
    patterns.set(pattern, compiled);
    return compiled;
  } catch {
    throw new UsageError(`${place}: the pattern ${pattern} is not a regular expression`);
  }
}

/** A JSON object, not a list and not null. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function recordOf(value: unknown): Record<string, unknown> {
  return isRecord(value) ? value : {};
}

/** The schema of a property of an object with `schema`; undefined when there is none. */
export function propertySchema(schema: Schema, name: string): Schema | undefined {
  if (schema.properties !== undefined && Object.hasOwn(schema.properties, name)) return schema.properties[name];
  return typeof schema.additionalProperties === 'object' ? schema.additionalProperties : undefined;
}

/** The path of a property below `path`, as Kubernetes writes it. */
export function childPath(path: string, name: string): string {
  return path === '' ? name : `${path}.${name}`;
}
