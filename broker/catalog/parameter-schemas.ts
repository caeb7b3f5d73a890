import type { JsonObject } from '../../lib/osb/types.ts';
import type { PlanDefinition } from './definitions.ts';

/** The JSON Schemas of parameters: what the catalog shows is what the broker validates by. */

/** Draft 4 is what every platform must read (spec.md "Input Parameters Schema Object"). */
const DRAFT = 'http://json-schema.org/draft-04/schema#';

/**
 * Parameters of an instance, for creating and for updating: an update may give any of the same. `versions` are the
 * values of `version` that some server answers to, the default first.
 */
export function instanceSchema(plan: PlanDefinition, versions: readonly string[]): JsonObject {
  return objectSchema({
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
}

/** Parameters of a binding, the same for every plan. */
export const BINDING_SCHEMA: JsonObject = objectSchema({
  access: {
    type: 'string',
    title: 'Access',
    description: 'What the credentials may do: readwrite includes creating and changing tables.',
    enum: ['readwrite', 'readonly'],
    default: 'readwrite',
  },
});

function objectSchema(properties: JsonObject): JsonObject {
  return { $schema: DRAFT, type: 'object', additionalProperties: false, properties };
}
