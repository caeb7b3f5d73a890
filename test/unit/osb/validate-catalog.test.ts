import { describe, expect, test } from '@jest/globals';
import { catalogAdvice } from '../../../lib/osb/catalog-advice.ts';
import type { Catalog, ServiceOffering, ServicePlan } from '../../../lib/osb/types.ts';
import { validateCatalog } from '../../../lib/osb/validate-catalog.ts';

const aPlan = (overrides: Partial<ServicePlan> = {}): ServicePlan => ({
  id: 'plan-1',
  name: 'small',
  description: 'A small one.',
  ...overrides,
});

const aService = (overrides: Partial<ServiceOffering> = {}): ServiceOffering => ({
  id: 'service-1',
  name: 'database',
  description: 'A database.',
  bindable: true,
  plans: [aPlan()],
  ...overrides,
});

const withSchema = (parameters: object): object => ({
  services: [
    aService({ plans: [aPlan({ schemas: { service_instance: { create: { parameters: { ...parameters } } } } })] }),
  ],
});

function faultsOf(body: unknown): string[] {
  const result = validateCatalog(body);
  return result.ok ? [] : result.faults.map(({ path, message }) => `${path} ${message}`.trim());
}

describe('a catalog', () => {
  test('may be empty', () => {
    expect(validateCatalog({ services: [] })).toEqual({ ok: true, value: { services: [] } });
  });

  test('keeps everything the specification knows of', () => {
    const catalog: Catalog = {
      services: [
        aService({
          tags: ['sql'],
          requires: ['volume_mount'],
          metadata: { displayName: 'Database' },
          instances_retrievable: true,
          bindings_retrievable: false,
          allow_context_updates: true,
          plan_updateable: true,
          dashboard_client: { id: 'c', secret: 's', redirect_uri: 'https://example.com' },
          plans: [
            aPlan({
              free: false,
              bindable: false,
              plan_updateable: false,
              binding_rotatable: true,
              maximum_polling_duration: 60,
              maintenance_info: { version: '1.0.0', description: 'x' },
              metadata: { bullets: ['one'] },
              schemas: { service_binding: { create: { parameters: { $schema: 'x', type: 'object' } } } },
            }),
          ],
        }),
      ],
    };
    expect(validateCatalog(catalog)).toEqual({ ok: true, value: catalog });
  });

  test.each<[string, unknown, string]>([
    ['is HTML', '<html>', 'must be an object'],
    ['has no services', {}, 'services is required'],
    ['has services that are no array', { services: {} }, 'services must be an array'],
    ['has a null service', { services: [null] }, 'services[0] must be an object'],
    [
      'does not say whether a service is bindable',
      { services: [{ ...aService(), bindable: undefined }] },
      'services[0].bindable is required',
    ],
    ['has an empty name', { services: [aService({ name: '' })] }, 'services[0].name must not be empty'],
    [
      'has an empty description',
      { services: [aService({ description: '' })] },
      'services[0].description must not be empty',
    ],
    [
      'has a service without plans',
      { services: [aService({ plans: [] })] },
      'services[0].plans of the service "database" must contain at least one plan',
    ],
    [
      'uses a service name twice',
      { services: [aService(), aService({ id: 'service-2', plans: [aPlan({ id: 'plan-2' })] })] },
      'services[1].name "database" is already used by services[0].name',
    ],
    [
      'uses a service id twice',
      { services: [aService(), aService({ name: 'other', plans: [aPlan({ id: 'plan-2' })] })] },
      'services[1].id "service-1" is already used by services[0].id',
    ],
    [
      'uses a plan name twice in a service',
      { services: [aService({ plans: [aPlan(), aPlan({ id: 'plan-2' })] })] },
      'services[0].plans[1].name "small" is already used by services[0].plans[0].name',
    ],
    [
      'uses a plan id in two services',
      { services: [aService(), aService({ id: 'service-2', name: 'other' })] },
      'services[1].plans[0].id "plan-1" is already used by services[0].plans[0].id',
    ],
    [
      'has a name of 256 characters',
      { services: [aService({ name: 'x'.repeat(256) })] },
      'services[0].name must not be longer than 255 characters',
    ],
    [
      'has a schema that points elsewhere',
      withSchema({ properties: { a: { $ref: 'http://example.com/x' } } }),
      'services[0].plans[0].schemas.service_instance.create.parameters must not refer to another document: a $ref must begin with #',
    ],
    [
      'polls for half a second',
      { services: [aService({ plans: [aPlan({ maximum_polling_duration: 0.5 })] })] },
      'services[0].plans[0].maximum_polling_duration must be a whole number that is not negative',
    ],
  ])('that %s is refused', (_reason, body, fault) => {
    expect(faultsOf(body)).toContain(fault);
  });

  test('with a schema over 64 kB is refused, and one with inner references is not', () => {
    expect(faultsOf(withSchema({ description: 'x'.repeat(65_536) }))[0]).toMatch(/larger than 64 kB/);
    expect(faultsOf(withSchema({ properties: { a: { $ref: '#/definitions/a' } } }))).toEqual([]);
  });

  test('may use the same plan name in two services', () => {
    expect(
      faultsOf({ services: [aService(), aService({ id: 's2', name: 'b', plans: [aPlan({ id: 'p2' })] })] }),
    ).toEqual([]);
  });
});

test('advice names what the specification recommends and a catalog leaves aside', () => {
  const catalog: Catalog = {
    services: [
      aService({
        name: 'my database',
        id: 'a/b',
        requires: ['root'],
        plans: [
          aPlan({
            description: 'x'.repeat(256),
            maintenance_info: { version: 'one' },
            schemas: { service_instance: { create: { parameters: { type: 'object' } } } },
          }),
        ],
      }),
    ],
  };
  expect(catalogAdvice(catalog).map(({ path }) => path)).toEqual([
    'services[0].name',
    'services[0].id',
    'services[0].requires',
    'services[0].plans[0].description',
    'services[0].plans[0].maintenance_info.version',
    'services[0].plans[0].schemas.service_instance.create.parameters',
  ]);
  expect(catalogAdvice({ services: [aService()] })).toEqual([]);
});
