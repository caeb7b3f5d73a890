import { Validator } from '@cfworker/json-schema';
import type { OutputUnit, SchemaDraft } from '@cfworker/json-schema';
import type { JsonObject } from '../osb/types.ts';
import { resolvePointer, tooCostly } from './schema-cost.ts';

/** A parameter that the plan's schema does not allow. `path` is such as `storageGB` or `users[0].name`; empty for the whole. */
export interface ParameterFault {
  readonly path: string;
  readonly message: string;
}

export type SchemaCheck =
  | { readonly kind: 'valid' }
  | { readonly kind: 'invalid'; readonly faults: readonly ParameterFault[] }
  /** The schema cannot be used here; the broker checks the parameters itself. `why` ends a sentence that speaks of the schema. */
  | { readonly kind: 'unchecked'; readonly why: string };

/** No answer needs more. */
const MAX_FAULTS = 10;
const UNKNOWN = 'is not a parameter of this plan';

/**
 * Checks parameters against the JSON Schema of a plan (draft 4 to 2020-12, by its `$schema`). Messages say what is
 * allowed and never quote a value, which may come from a Secret.
 *
 * The schema is interpreted, not compiled, and only when it is sure to end soon: brokers are strangers.
 */
export function checkParameters(schema: JsonObject | undefined, parameters: JsonObject): SchemaCheck {
  if (schema === undefined) return { kind: 'valid' };
  const why = tooCostly(schema, parameters);
  if (why !== undefined) return { kind: 'unchecked', why };
  let errors: readonly OutputUnit[];
  try {
    // The validator writes into the schema it is given.
    const validator = new Validator(structuredClone(schema), draftOf(schema), false);
    const result = validator.validate(parameters);
    if (result.valid) return { kind: 'valid' };
    ({ errors } = result);
  } catch {
    return { kind: 'unchecked', why: 'it is not a valid JSON Schema' };
  }
  const faults = errors
    .filter((error) => !isWrapper(error, errors))
    .map((error) => ({ path: pathOf(error.instanceLocation), message: messageOf(error, schema, parameters) }));
  return { kind: 'invalid', faults: distinct(withoutConsequences(faults)).slice(0, MAX_FAULTS) };
}

function draftOf(schema: JsonObject): SchemaDraft {
  const { $schema } = schema;
  if (typeof $schema === 'string') {
    if ($schema.includes('2020-12')) return '2020-12';
    if ($schema.includes('2019-09')) return '2019-09';
    if (/draft-0[67]/.test($schema)) return '7';
  }
  return '4';
}

/** An error that only says "something below is wrong", where what is below is reported too. */
function isWrapper(error: OutputUnit, all: readonly OutputUnit[]): boolean {
  const wrappers = [
    '$ref',
    'properties',
    'patternProperties',
    'items',
    'prefixItems',
    'allOf',
    'dependentSchemas',
    'dependencies',
    'if',
  ];
  if (error.keyword === 'additionalProperties' || error.keyword === 'unevaluatedProperties') {
    // With `false` the error below names the very property; with a schema it says what is wrong with the value.
    return all.some((other) => other !== error && other.instanceLocation.startsWith(`${error.instanceLocation}/`));
  }
  return wrappers.includes(error.keyword);
}

function pathOf(location: string): string {
  return location
    .split('/')
    .slice(1)
    .map((part) => decodeURIComponent(part).replaceAll('~1', '/').replaceAll('~0', '~'))
    .reduce((path, part) => {
      if (/^\d+$/.test(part)) return `${path}[${part}]`;
      return path === '' ? part : `${path}.${part}`;
    }, '');
}

function messageOf(error: OutputUnit, schema: JsonObject, parameters: JsonObject): string {
  const { keyword, keywordLocation, instanceLocation } = error;
  const parent = schemaAt(schema, keywordLocation);
  const value = parent?.[keyword];
  const exclusive = (flag: string): string => (parent?.[flag] === true ? 'greater than' : 'at least');
  switch (keyword) {
    case 'type':
      return `must be ${listOf(value, (type) => article(String(type)))}${quoteHint(value, resolvePointer(parameters, instanceLocation))}`;
    case 'enum':
      return `must be one of ${listOf(value, (allowed) => JSON.stringify(allowed))}`;
    case 'const':
      return `must be ${JSON.stringify(value)}`;
    case 'required':
      return `must have ${listOf(value, (name) => JSON.stringify(name), 'and')}`;
    case 'minimum':
      return `must be ${exclusive('exclusiveMinimum')} ${String(value)}`;
    case 'maximum':
      return parent?.exclusiveMaximum === true
        ? `must be less than ${String(value)}`
        : `must be at most ${String(value)}`;
    case 'exclusiveMinimum':
      return `must be greater than ${String(value)}`;
    case 'exclusiveMaximum':
      return `must be less than ${String(value)}`;
    case 'multipleOf':
      return `must be a multiple of ${String(value)}`;
    case 'minLength':
      return `must have at least ${String(value)} characters`;
    case 'maxLength':
      return `must have at most ${String(value)} characters`;
    case 'minItems':
      return `must have at least ${String(value)} items`;
    case 'maxItems':
      return `must have at most ${String(value)} items`;
    case 'minProperties':
      return `must have at least ${String(value)} members`;
    case 'maxProperties':
      return `must have at most ${String(value)} members`;
    case 'uniqueItems':
      return 'must not have the same item twice';
    case 'pattern':
      return `must match the pattern ${String(value)}`;
    case 'format':
      return `must be in the format ${String(value)}`;
    case 'false':
    case 'additionalProperties':
    case 'unevaluatedProperties':
    case 'additionalItems':
    case 'unevaluatedItems':
      return UNKNOWN;
    case 'anyOf':
    case 'oneOf':
      return `must fit ${keyword === 'anyOf' ? 'at least' : 'exactly'} one of the alternatives of the schema`;
    case 'not':
      return 'is excluded by the schema';
    default:
      return `is against "${keyword}" of the schema`;
  }
}

/** `version: 5.7` in YAML is a number, and `on` a boolean; who writes it thinks of a text. */
function quoteHint(wanted: unknown, found: unknown): string {
  if (wanted !== 'string' || (typeof found !== 'number' && typeof found !== 'boolean')) return '';
  return `: write it in quotes, YAML reads it as a ${typeof found} otherwise`;
}

/** The schema that holds the keyword at this location, through references. */
function schemaAt(root: JsonObject, location: string): JsonObject | undefined {
  let here: unknown = root;
  for (const part of location.split('/').slice(1, -1)) {
    const name = part.replaceAll('~1', '/').replaceAll('~0', '~');
    if (typeof here !== 'object' || here === null || !Object.hasOwn(here, name)) return undefined;
    const next: unknown = (here as JsonObject)[name];
    here = name === '$ref' && typeof next === 'string' ? resolvePointer(root, next) : next;
  }
  return typeof here === 'object' && here !== null ? (here as JsonObject) : undefined;
}

function listOf(value: unknown, show: (item: unknown) => string, word: 'or' | 'and' = 'or'): string {
  const items = (Array.isArray(value) ? (value as unknown[]) : [value]).map(show);
  const last = items.pop() ?? '';
  return items.length === 0 ? last : `${items.join(', ')} ${word} ${last}`;
}

function article(type: string): string {
  if (type === 'null') return 'null';
  return /^[aeiou]/.test(type) ? `an ${type}` : `a ${type}`;
}

/** A member that is wrong counts as "not evaluated" too; that says nothing new. */
function withoutConsequences(faults: readonly ParameterFault[]): ParameterFault[] {
  return faults.filter(
    (fault) =>
      fault.message !== UNKNOWN || faults.every((other) => other.path !== fault.path || other.message === UNKNOWN),
  );
}

function distinct(faults: readonly ParameterFault[]): ParameterFault[] {
  return Array.from(new Map(faults.map((fault) => [`${fault.path}\n${fault.message}`, fault])).values());
}

/** The faults as one sentence for conditions: `storageGB must be at least 1; version must be a string`. */
export function formatParameterFaults(faults: readonly ParameterFault[]): string {
  return faults.map(({ path, message }) => `${path === '' ? 'parameters' : path} ${message}`).join('; ');
}
