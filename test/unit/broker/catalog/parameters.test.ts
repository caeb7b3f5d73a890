import { describe, expect, test } from '@jest/globals';
import { DEFAULT_SERVICES } from '../../../../broker/catalog/default-services.ts';
import { asksForTheSame, effectiveParameters } from '../../../../broker/catalog/instance-parameters.ts';
import type { GivenParameters } from '../../../../broker/catalog/instance-parameters.ts';
import { BINDING_SCHEMA, instanceSchema } from '../../../../broker/catalog/parameter-schemas.ts';
import { parameterValidator } from '../../../../broker/catalog/parameter-validator.ts';

const plan = DEFAULT_SERVICES[1]!.plans[1]!;
const instance = instanceSchema(plan, ['5.7', '10.11']);

describe('parameters of an instance', () => {
  const check = parameterValidator(instance);

  test.each([
    {},
    { storageGB: 20 },
    { storageGB: 1 },
    { storageGB: 100 },
    { version: '5.7' },
    { storageGB: 20.0, version: '10.11' },
  ])('%j are accepted', (parameters) => {
    expect(() => check(parameters)).not.toThrow();
  });

  test.each([
    [{ storageGB: 0 }, 'storageGB must be a whole number from 1 to 100, without quotes'],
    [{ storageGB: 101 }, 'storageGB must be a whole number from 1 to 100, without quotes'],
    [{ storageGB: '20' }, 'storageGB must be a whole number from 1 to 100, without quotes'],
    [{ version: '8.0' }, 'version must be one of "5.7", "10.11"'],
    [
      { version: 5.7 },
      'version must be one of "5.7", "10.11", written in quotes (version: "5.7"), because YAML reads it as a number otherwise',
    ],
    [{ StorageGB: 20 }, '"StorageGB" is not a parameter of this plan; there is "storageGB", "version"'],
  ])('%j are refused with what is allowed', (parameters, says) => {
    expect(() => check(parameters)).toThrow(`The parameters are not valid: ${says}.`);
  });

  test('that are wrong in hundreds of ways are told the first ten', () => {
    const many = Object.fromEntries(Array.from({ length: 300 }, (_, index) => [`wrong-${index}`, 'secret']));
    expect(() => check(many)).toThrow(/and 290 more/);
    expect(() => check(many)).not.toThrow(/secret/);
  });
});

test('a binding may say what access it wants', () => {
  const check = parameterValidator(BINDING_SCHEMA);
  expect(() => check({ access: 'readonly' })).not.toThrow();
  expect(() => check({ access: 'owner' })).toThrow(/access must be one of "readwrite", "readonly"/);
});

describe('a repeated request', () => {
  const existing = (given: GivenParameters): Parameters<typeof asksForTheSame>[1] => ({
    given,
    effective: effectiveParameters(given, plan, '5.7'),
  });

  test.each<[reason: string, request: GivenParameters, given: GivenParameters, same: boolean]>([
    ['nothing said, then nothing said', {}, {}, true],
    ['a default spelled out later', { storageGB: 20, version: '5.7' }, {}, true],
    ['a default spelled out before', {}, { storageGB: 20, version: '5.7' }, true],
    ['another size', { storageGB: 21 }, {}, false],
    ['a size that was given is left out', {}, { storageGB: 21 }, false],
    ['another version', { version: '10.11' }, {}, false],
  ])('%s', (_reason, request, given, same) => {
    expect(asksForTheSame(request, existing(given), plan, '5.7')).toBe(same);
  });

  test('stays the same after the operator changed a default nobody had spelled out', () => {
    expect(asksForTheSame({}, existing({}), plan, '10.11')).toBe(true);
    const smaller = { ...plan, storageGB: { default: 1, maximum: 100 } };
    expect(asksForTheSame({}, existing({}), smaller, '5.7')).toBe(true);
  });
});
