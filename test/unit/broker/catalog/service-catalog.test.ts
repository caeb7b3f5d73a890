import { expect, test } from '@jest/globals';
import { DEFAULT_SERVICES } from '../../../../broker/catalog/default-services.ts';
import { offeredServices, ServiceCatalog } from '../../../../broker/catalog/service-catalog.ts';
import { catalogAdvice } from '../../../../lib/osb/catalog-advice.ts';
import { validateCatalog } from '../../../../lib/osb/validate-catalog.ts';

const catalogOf = (versions: Record<string, readonly string[]>): ServiceCatalog =>
  new ServiceCatalog(
    offeredServices(DEFAULT_SERVICES, (engine) => versions[engine] ?? []),
    3_660,
  );

test('the default catalog keeps the rules and the recommendations of the specification', () => {
  const { wire } = catalogOf({ postgresql: ['18'], mysql: ['5.7'] });
  expect(validateCatalog(wire).ok).toBe(true);
  expect(catalogAdvice(wire)).toEqual([]);
  expect(wire.services.map(({ name, plans }) => [name, plans.map((plan) => plan.name)])).toEqual([
    ['cloud-postgresql', ['small', 'standard', 'large']],
    ['cloud-mysql', ['small', 'standard', 'large']],
  ]);
});

test('ids stay what they are, since platforms know services and plans by them', () => {
  expect(DEFAULT_SERVICES.flatMap(({ id, plans }) => [id, ...plans.map((plan) => plan.id)])).toEqual([
    '6d3ad6d1-5a0c-4c52-8f2e-0b7f5a1e4c01',
    '6d3ad6d1-5a0c-4c52-8f2e-0b7f5a1e4c11',
    '6d3ad6d1-5a0c-4c52-8f2e-0b7f5a1e4c12',
    '6d3ad6d1-5a0c-4c52-8f2e-0b7f5a1e4c13',
    'b2c9c6a8-3f1d-4f0e-9d57-7e1c2d8a9b01',
    'b2c9c6a8-3f1d-4f0e-9d57-7e1c2d8a9b11',
    'b2c9c6a8-3f1d-4f0e-9d57-7e1c2d8a9b12',
    'b2c9c6a8-3f1d-4f0e-9d57-7e1c2d8a9b13',
  ]);
});

test('a service without a server is not offered', () => {
  const catalog = catalogOf({ postgresql: ['18'] });
  expect(catalog.wire.services.map(({ name }) => name)).toEqual(['cloud-postgresql']);
  expect(() => catalog.service(DEFAULT_SERVICES[1]!.id)).toThrow(/there is cloud-postgresql/);
});

test('the entity tag changes when the catalog does, and only then', () => {
  const tag = (...versions: string[]): string => catalogOf({ postgresql: versions }).etag;
  expect(tag('18')).toBe(tag('18'));
  expect(tag('18')).not.toBe(tag('18', '17'));
});
