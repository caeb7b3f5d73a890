import type { JsonObject } from '../../lib/osb/types.ts';
import type { PlanDefinition } from './definitions.ts';

/** Draft 4 is what every platform must read (spec.md "Input Parameters Schema Object"). */
const DRAFT = 'http://json-schema.org/draft-04/schema#';

export interface ParameterSchemas {
  /** For creating and for updating an instance: an update may give any of the same parameters. */
  readonly instance: JsonObject;
  readonly binding: JsonObject;
}

/**
 * The JSON Schemas of a plan's parameters: what the catalog shows is what the broker validates by.
 * `versions` are the values of `version` that some server answers to, the default first.
 */
export function parameterSchemas(plan: PlanDefinition, versions: readonly string[]): ParameterSchemas {
  const instance = objectSchema({
    storageGB: {
      type: 'integer',
      title: 'Storage',
      description: `Gigabytes of storage; ${plan.storageGB.default} when not given.`,
      minimum: 1,
      maximum: plan.storageGB.maximum,
      default: plan.storageGB.default,
    },
    version: {
      type: 'string',
      title: 'Version',
      description: 'Version of the database server. Quote it: YAML reads an unquoted 5.7 as a number.',
      enum: [...versions],
      default: versions[0],
    },
  });
  const binding = objectSchema({
    access: {
      type: 'string',
      title: 'Access',
      description: 'What the credentials may do: readwrite includes creating and changing tables.',
      enum: ['readwrite', 'readonly'],
      default: 'readwrite',
    },
  });
  return { instance, binding };
}

function objectSchema(properties: JsonObject): JsonObject {
  return { $schema: DRAFT, type: 'object', additionalProperties: false, properties };
}
