import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import type { Validated } from '../../../lib/osb/faults.ts';
import { validateCatalog } from '../../../lib/osb/validate-catalog.ts';
import {
  validateBindRequest,
  validateProvisionRequest,
  validateUpdateInstanceRequest,
} from '../../../lib/osb/validate-request.ts';
import {
  validateBindingResource,
  validateBindResponse,
  validateErrorBody,
  validateInstanceResource,
  validateLastOperation,
  validateOperationResponse,
  validateProvisionResponse,
} from '../../../lib/osb/validate-response.ts';

/** The specification's own schemas as data: what they have, we read and keep; what they require, we require. */

interface Schema {
  $ref?: string;
  type?: 'object' | 'array' | 'string' | 'boolean' | 'integer';
  required?: string[];
  properties?: Record<string, Schema>;
  items?: Schema;
  enum?: string[];
}

const document = parse(readFileSync(new URL('../../fixtures/osb-openapi.yaml', import.meta.url), 'utf8')) as {
  components: { schemas: Record<string, Schema> };
};

function resolve(schema: Schema): Schema {
  if (schema.$ref === undefined) return schema;
  return document.components.schemas[schema.$ref.split('/').at(-1)!]!;
}

/** A value with every field the schema has. */
function fullSample(given: Schema, name = ''): unknown {
  const schema = resolve(given);
  if (schema.enum) return schema.enum[0];
  if (schema.type === 'array') return [fullSample(schema.items!, name)];
  if (schema.type === 'boolean') return true;
  if (schema.type === 'integer') return 7;
  if (schema.type === 'string') return /expires_at|renew_before/.test(name) ? '2026-01-31T12:00:00Z' : name || 'text';
  const members = Object.entries(schema.properties ?? {});
  return Object.fromEntries(members.map(([member, inner]) => [member, fullSample(inner, member)]));
}

const pairs: [schema: string, validate: (body: unknown) => Validated<object>][] = [
  ['Catalog', validateCatalog],
  ['ServiceInstanceProvisionRequestBody', validateProvisionRequest],
  ['ServiceInstanceProvisionResponse', validateProvisionResponse],
  ['ServiceInstanceAsyncOperation', validateProvisionResponse],
  ['ServiceInstanceUpdateRequestBody', validateUpdateInstanceRequest],
  ['ServiceInstanceResource', validateInstanceResource],
  ['AsyncOperation', validateOperationResponse],
  ['LastOperationResource', validateLastOperation],
  ['ServiceBindingRequest', validateBindRequest],
  ['ServiceBindingResponse', validateBindResponse],
  ['ServiceBindingResource', validateBindingResource],
  ['Error', validateErrorBody],
];

describe.each(pairs)('%s', (name, validate) => {
  const schema = document.components.schemas[name]!;
  const sample = fullSample(schema) as Record<string, unknown>;

  test('is accepted with every field, and keeps each of them', () => {
    // The description puts binding_rotatable on the service too; the specification itself has it on plans only.
    const expected = JSON.parse(JSON.stringify(sample)) as { services?: { binding_rotatable?: boolean }[] };
    for (const service of expected.services ?? []) delete service.binding_rotatable;
    expect(validate(sample)).toEqual({ ok: true, value: expected });
  });

  test('is refused without a field it requires, and accepted without any other', () => {
    for (const field of Object.keys(schema.properties ?? {})) {
      const without = Object.fromEntries(Object.entries(sample).filter(([member]) => member !== field));
      // `services` is marked as required in the specification's text, though not in its description.
      const needed = schema.required?.includes(field) === true || field === 'services';
      expect([field, validate(without).ok]).toEqual([field, !needed]);
    }
  });

  test('is refused with a field of another type', () => {
    for (const [field, value] of Object.entries(sample)) {
      const other = typeof value === 'string' ? 5 : 'text';
      expect([field, validate({ ...sample, [field]: other }).ok]).toEqual([field, false]);
    }
  });
});
