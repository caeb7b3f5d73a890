import { describe, expect, test } from '@jest/globals';
import {
  belongsToAnother,
  desiredCatalog,
  isManaged,
  updatedFromCatalog,
} from '../../../lib/catalog/catalog-objects.ts';
import { parseRestrictions } from '../../../lib/catalog/catalog-restrictions.ts';
import { labelValue } from '../../../lib/catalog/labels.ts';
import { SCOPES } from '../../../lib/catalog/scope.ts';
import type { AnyClass, Scope } from '../../../lib/catalog/scope.ts';
import type { Catalog, ServiceOffering } from '../../../lib/osb/types.ts';
import { aBroker, aClass } from './objects.ts';

const small = { id: 'P1', name: 'small', description: 'Small' };
const large = {
  id: 'p2',
  name: 'large',
  description: 'Large',
  free: false,
  bindable: false,
  plan_updateable: false,
  metadata: { bullets: ['big'] },
  maximum_polling_duration: 60,
  maintenance_info: { version: '1.0.0' },
  schemas: {
    service_instance: { create: { parameters: { type: 'object' } }, update: { parameters: { maxProperties: 1 } } },
    service_binding: { create: { parameters: { minProperties: 1 } } },
  },
};
const service: ServiceOffering = {
  id: 'Svc_Z1',
  name: 'cloud-mysql',
  description: 'MySQL',
  bindable: true,
  bindings_retrievable: true,
  tags: ['db'],
  metadata: { displayName: 'MySQL' },
  plans: [small, large],
};

function desired(
  scope: Scope,
  catalog: Catalog,
  spec: object = {},
  existing: Parameters<typeof desiredCatalog>[4] = { classes: [], plans: [] },
) {
  const broker = aBroker(scope, spec);
  return desiredCatalog(scope, broker, catalog, parseRestrictions(scope, broker).restrictions, existing);
}

describe.each(SCOPES)('the catalog in the scope of the $name', (scope) => {
  const { classes, plans, faults } = desired(scope, { services: [service] });

  test('becomes classes', () => {
    expect(faults).toEqual([]);
    expect(classes).toHaveLength(1);
    expect(classes[0]).toMatchObject({
      kind: scope.classes.kind,
      metadata: {
        name: 'z53zvcz5fzz5az1',
        labels: { 'servicecatalog.k8s.io/spec.externalName': labelValue('cloud-mysql') },
        ownerReferences: [
          { kind: scope.brokers.kind, name: 'broker', uid: 'broker-uid', controller: true, blockOwnerDeletion: false },
        ],
      },
      spec: {
        [scope.brokerNameField]: 'broker',
        externalID: 'Svc_Z1',
        externalName: 'cloud-mysql',
        bindable: true,
        bindingRetrievable: true,
        planUpdatable: false,
        tags: ['db'],
        externalMetadata: { displayName: 'MySQL' },
      },
    });
    expect(classes[0]!.metadata.namespace).toBe(scope.namespaced ? 'test-ns' : undefined);
  });

  test('becomes plans that belong to their class', () => {
    expect(plans.map(({ metadata: { name } }) => name)).toEqual(['z50z1', 'p2']);
    expect(plans[1]!.spec).toMatchObject({
      [scope.classRefField]: { name: 'z53zvcz5fzz5az1' },
      free: false,
      bindable: false,
      planUpdatable: false,
      maximumPollingDuration: 60,
      maintenanceInfo: { version: '1.0.0' },
      instanceCreateParameterSchema: { type: 'object' },
      instanceUpdateParameterSchema: { maxProperties: 1 },
      serviceBindingCreateParameterSchema: { minProperties: 1 },
    });
  });

  test('is free where the broker does not say otherwise', () => {
    expect(plans[0]!.spec.free).toBe(true);
  });

  test('is restricted, and a class without a plan that is offered goes too', () => {
    const restrict = (catalogRestrictions: object) => desired(scope, { services: [service] }, { catalogRestrictions });
    expect(restrict({ servicePlan: ['spec.externalName=small'] }).plans).toHaveLength(1);
    expect(restrict({ servicePlan: ['spec.externalName=none'] })).toEqual({ classes: [], plans: [], faults: [] });
    expect(restrict({ serviceClass: ['spec.externalName!=cloud-mysql'] })).toEqual({
      classes: [],
      plans: [],
      faults: [],
    });
  });

  test('keeps the names of objects that are named with the bare id', () => {
    const known = { ...service, id: 'svcz' };
    const existing = { classes: [aClass(scope, { externalID: 'svcz' }, 'svcz')], plans: [] };
    expect(desired(scope, { services: [known] }, {}, existing).classes[0]!.metadata.name).toBe('svcz');
    expect(desired(scope, { services: [known] }).classes[0]!.metadata.name).toBe('svcz7az');
  });

  test('is managed by us, and what users made is theirs', () => {
    expect(isManaged(scope, classes[0]!)).toBe(true);
    expect(isManaged(scope, aClass(scope, {}, 'my-copy'))).toBe(false);
    const foreign = {
      ...classes[0]!.metadata,
      ownerReferences: [{ apiVersion: 'v1', kind: 'X', name: 'x', uid: '1', controller: true }],
    };
    expect(isManaged(scope, { ...classes[0]!, metadata: foreign })).toBe(false);
  });

  test('does not change what is as it should be', () => {
    const [existing] = classes;
    expect(updatedFromCatalog(existing!, structuredClone(existing!))).toBe(existing);
  });

  test('changes what the broker changed and keeps what others set', () => {
    const [wanted] = classes;
    const existing = {
      ...wanted!,
      metadata: { ...wanted!.metadata, labels: { team: 'db' }, annotations: { a: 'b' }, resourceVersion: '5' },
      spec: {
        ...wanted!.spec,
        externalName: 'old',
        tags: ['x'],
        requires: ['y'],
        defaultProvisionParameters: { size: 1 },
      },
    };
    const next = updatedFromCatalog(existing as AnyClass, wanted!);
    expect(next.spec).toEqual({ ...wanted!.spec, defaultProvisionParameters: { size: 1 } });
    expect(next.metadata).toMatchObject({
      labels: { team: 'db', 'servicecatalog.k8s.io/spec.externalName': labelValue('cloud-mysql') },
      annotations: { a: 'b' },
      resourceVersion: '5',
    });
  });

  test('clashes with an object of another broker', () => {
    expect(belongsToAnother(scope, classes[0]!, aBroker(scope))).toBe(false);
    expect(belongsToAnother(scope, aClass(scope, { [scope.brokerNameField]: 'other' }), aBroker(scope))).toBe(true);
  });
});

test('a namespaced class the original made has no owner, is known by its name and gets one', () => {
  const [, scope] = SCOPES;
  const [wanted] = desired(scope!, { services: [service] }).classes;
  const { ownerReferences: _none, ...metadata } = wanted!.metadata;
  const existing = { ...wanted!, metadata };
  expect(isManaged(scope!, existing)).toBe(true);
  expect(updatedFromCatalog<AnyClass>(existing, wanted!).metadata.ownerReferences).toEqual(
    wanted!.metadata.ownerReferences,
  );
});

describe('faults of a catalog', () => {
  const [scope] = SCOPES;
  const two = (change: object): ServiceOffering[] => [
    service,
    { ...service, id: 's2', name: 'n2', plans: [{ ...small, id: 'p9' }], ...change },
  ];

  test.each<[string, ServiceOffering[], string]>([
    ['a service without plans', [{ ...service, plans: [] }], 'service "cloud-mysql" has no plan'],
    ['an id too long', [{ ...service, id: 'x'.repeat(64) }], 'the id of service "cloud-mysql" has 64 characters'],
    [
      'a name too long',
      [{ ...service, plans: [{ ...small, name: 'y'.repeat(100) }] }],
      `the name of plan "${'y'.repeat(63)}…" has 100`,
    ],
    ['an id twice', two({ id: service.id }), 'more than one service has the id "Svc_Z1"'],
    ['a name twice', two({ name: service.name }), 'more than one service has the name "cloud-mysql"'],
    ['a plan id in two services', two({ plans: [small] }), 'more than one ClusterServicePlan would be named "z50z1"'],
    [
      'a plan name twice in one service',
      [{ ...service, plans: [small, { ...small, id: 'p3' }] }],
      'more than one plan of service "cloud-mysql" has the name "small"',
    ],
  ])('%s', (_what, services, message) => {
    expect(desired(scope!, { services }).faults).toContainEqual(expect.stringContaining(message));
  });
});
