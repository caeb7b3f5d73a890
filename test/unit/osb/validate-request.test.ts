import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { formatFaults } from '../../../lib/osb/faults.ts';
import {
  validateBindRequest,
  validateId,
  validateProvisionRequest,
  validateUpdateInstanceRequest,
} from '../../../lib/osb/validate-request.ts';
import type { Validated } from '../../../lib/osb/faults.ts';

const provision = { service_id: 's', plan_id: 'p', organization_guid: 'o', space_guid: 'n' };

function faultsOf(result: Validated<unknown>): string[] {
  return result.ok ? [] : result.faults.map(({ path, message }) => `${path} ${message}`.trim());
}

/** `{a: {a: … }}`, so many levels deep. */
function nested(depth: number): Record<string, unknown> {
  let value: Record<string, unknown> = {};
  for (let level = 1; level < depth; level += 1) value = { a: value };
  return value;
}

describe('a provision request', () => {
  test('is read with its known fields, and unknown ones are left out', () => {
    const parameters = { storageGB: 20, deep: { list: [1, null, 'x'] } };
    const context = { platform: 'kubernetes', namespace: 'a', clusterid: 'c', extra: { x: 1 } };
    expect(validateProvisionRequest({ ...provision, parameters, context, 'x-vendor': 1 })).toEqual({
      ok: true,
      value: { ...provision, parameters, context },
    });
  });

  test('takes null in an optional field as a missing one, as platforms write it', () => {
    const result = validateProvisionRequest({ ...provision, parameters: null, context: null, maintenance_info: null });
    expect(result).toEqual({ ok: true, value: provision });
  });

  test('reports every fault at once, with its path', () => {
    const result = validateProvisionRequest({
      service_id: '',
      plan_id: 7,
      space_guid: 'n\n',
      parameters: [],
      context: { namespace: 5 },
      maintenance_info: {},
    });
    expect(faultsOf(result)).toEqual([
      'service_id must not be empty',
      'plan_id must be a string',
      'context.namespace must be a string',
      'organization_guid is required',
      'space_guid must not contain control characters',
      'parameters must be an object',
      'maintenance_info.version is required',
    ]);
  });

  test.each([
    ['null', null],
    ['an array', []],
    ['a string', 'x'],
    ['nothing', undefined],
  ])('that is %s is refused as a whole', (_name, body) => {
    expect(faultsOf(validateProvisionRequest(body))).toEqual(['must be an object']);
  });

  test.each([
    ['too deep', nested(101), 'parameters must not be nested more than 100 levels deep'],
    ['with a NUL', { a: { b: 'x\0' } }, 'parameters.a.b must not contain a NUL character'],
    ['with a NUL in a name', { 'x\0': 1 }, 'parameters must not contain a NUL character'],
    ['with half a surrogate pair', { a: ['\ud800'] }, 'parameters.a[0] must not contain half of a surrogate pair'],
    ['with an endless number', JSON.parse('{"a":1e999}') as object, 'parameters.a is too large a number'],
  ])('whose parameters are %s is refused, because no store keeps them', (_name, parameters, fault) => {
    expect(faultsOf(validateProvisionRequest({ ...provision, parameters }))).toContain(fault);
  });

  test('survives parameters nested a hundred thousand levels deep', () => {
    expect(faultsOf(validateProvisionRequest({ ...provision, parameters: nested(100_000) }))).toHaveLength(1);
  });

  test('takes no field from the prototype of what it reads', () => {
    const inherited = Object.create({ service_id: 'evil' }) as object;
    expect(faultsOf(validateProvisionRequest({ ...inherited, plan_id: 'p' }))).toContain('service_id is required');
  });

  test('lists at most a hundred faults of a hostile body, and shows ten of them', () => {
    const parameters = Object.fromEntries(Array.from({ length: 1_000 }, (_, index) => [`k${index}`, '\0']));
    const result = validateProvisionRequest({ ...provision, parameters });
    expect(faultsOf(result)).toHaveLength(100);
    expect(result.ok ? '' : formatFaults(result.faults)).toMatch(/; and 90 more$/);
  });

  test('never throws, whatever JSON it is', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), (body, parameters) => {
        validateProvisionRequest(body);
        validateUpdateInstanceRequest(body);
        validateBindRequest(body);
        const result = validateProvisionRequest({ ...provision, parameters });
        const isObject = typeof parameters === 'object' && parameters !== null && !Array.isArray(parameters);
        if (!isObject && parameters !== null) expect(result.ok).toBe(false);
      }),
    );
  });
});

test('an update request needs only the service', () => {
  expect(validateUpdateInstanceRequest({ service_id: 's' })).toEqual({ ok: true, value: { service_id: 's' } });
  expect(faultsOf(validateUpdateInstanceRequest({ plan_id: '', previous_values: { plan_id: 3 } }))).toEqual([
    'service_id is required',
    'plan_id must not be empty',
    'previous_values.plan_id must be a string',
  ]);
});

test('a bind request names its application in either of two places', () => {
  const body = { service_id: 's', plan_id: 'p', bind_resource: { app_guid: 'a' }, app_guid: 'a' };
  expect(validateBindRequest(body)).toEqual({ ok: true, value: body });
  expect(faultsOf(validateBindRequest({ ...body, bind_resource: 'a' }))).toEqual(['bind_resource must be an object']);
});

describe('an id in a URL', () => {
  test.each(["o'clock; DROP TABLE x", 'a/b', 'ünïcode', 'x'.repeat(255)])('may be %p', (id) => {
    expect(validateId(id, 'instance_id')).toEqual({ ok: true, value: id });
  });

  test.each([
    ['', 'instance_id must not be empty'],
    ['x'.repeat(256), 'instance_id must not be longer than 255 characters'],
    ['a\nb', 'instance_id must not contain control characters'],
    ['a\0b', 'instance_id must not contain a NUL character'],
  ])('may not be %j', (id, fault) => {
    expect(faultsOf(validateId(id, 'instance_id'))).toContain(fault);
  });
});
