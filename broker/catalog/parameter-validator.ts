import AjvDraft04 from 'ajv-draft-04';
import type { ErrorObject, ValidateFunction } from 'ajv';
import { OsbError } from '../../lib/osb/errors.ts';
import type { JsonObject } from '../../lib/osb/types.ts';

/** Past this many wrong parameters only their number is told. */
const MAX_FAULTS = 10;
/** A name that a user wrote is repeated up to here. */
const MAX_NAME = 60;

/**
 * Compiles one of our own parameter schemas into a check that throws InvalidParameters with every mistake, each with
 * what is allowed instead. Values are not repeated: users put secrets into parameters.
 */
export function parameterValidator(schema: JsonObject): (parameters: JsonObject) => void {
  // The default export of a CommonJS module: its class is `default` to TypeScript and to Node alike.
  const ajv = new AjvDraft04.default({ allErrors: true, strict: true, verbose: true });
  const validate: ValidateFunction = ajv.compile(schema);
  const allowedNames = Object.keys(schema['properties'] ?? {});
  return (parameters) => {
    if (validate(parameters)) return;
    const faults = withoutEchoes(validate.errors ?? []).map((error) => describe(error, allowedNames));
    const more = faults.length - MAX_FAULTS;
    const text = faults.slice(0, MAX_FAULTS).join('; ') + (more > 0 ? `; and ${more} more` : '');
    throw new OsbError('InvalidParameters', `The parameters are not valid: ${text}.`);
  };
}

/** A value of the wrong type also fails `enum` and the bounds; only the first tells the user something. */
function withoutEchoes(errors: readonly ErrorObject[]): ErrorObject[] {
  const wrongType = new Set(errors.filter(({ keyword }) => keyword === 'type').map(({ instancePath }) => instancePath));
  return errors.filter(({ keyword, instancePath }) => keyword === 'type' || !wrongType.has(instancePath));
}

function describe(error: ErrorObject, allowedNames: readonly string[]): string {
  const name = error.instancePath.slice(1);
  const schema = (error.parentSchema ?? {}) as JsonObject;
  switch (error.keyword) {
    case 'additionalProperties':
      return `"${shorten(String(error.params['additionalProperty']))}" is not a parameter of this plan; there is ${list(allowedNames)}`;
    case 'enum':
      return `${name} must be one of ${list(schema['enum'] as string[])}`;
    case 'minimum':
    case 'maximum':
      return `${name} must be ${expected(schema)}`;
    case 'type':
      return `${name} must be ${expected(schema)}${quoteHint(error, schema)}`;
    default:
      return `${name} ${error.message ?? 'is not valid'}`;
  }
}

function expected(schema: JsonObject): string {
  if (schema['type'] === 'integer') {
    return `a whole number from ${String(schema['minimum'])} to ${String(schema['maximum'])}, without quotes`;
  }
  const values = schema['enum'] as string[] | undefined;
  return values === undefined ? 'a string' : `one of ${list(values)}`;
}

/** `version: 5.7` in YAML is a number, and 5.10 would even lose its zero. */
function quoteHint(error: ErrorObject, schema: JsonObject): string {
  if (schema['type'] !== 'string' || typeof error.data !== 'number') return '';
  return `, written in quotes (${error.instancePath.slice(1)}: "${error.data}"), because YAML reads it as a number otherwise`;
}

const list = (values: readonly string[]): string => values.map((value) => `"${value}"`).join(', ');
const shorten = (text: string): string => (text.length > MAX_NAME ? `${text.slice(0, MAX_NAME)}…` : text);
