import { describe, expect, test } from '@jest/globals';
import type { Need } from '../../../../lib/catalog/admission.ts';
import { instanceLabels } from '../../../../lib/catalog/labels.ts';
import { fieldList, SCOPES } from '../../../../lib/catalog/scope.ts';
import type { Scope } from '../../../../lib/catalog/scope.ts';
import type { ServiceInstance } from '../../../../lib/catalog/types.generated.ts';
import {
  aClass,
  admitted,
  ALICE,
  anInstance,
  aPlan,
  decide,
  FINALIZER,
  INSTANCES,
  metadata,
  NEW_ID,
  refusal,
} from '../objects.ts';
import type { World } from '../objects.ts';

const resource = INSTANCES;
const schema = { type: 'object', properties: { storageGB: { type: 'integer', minimum: 1 } } };
const stricter = { type: 'object', properties: { storageGB: { type: 'integer', minimum: 10 } } };

/** A class `cloud-mysql` with the plans `small` and `standard`. */
function world(scope: Scope, classSpec: object = {}, planSpec: object = {}): World {
  const schemas = { instanceCreateParameterSchema: schema, instanceUpdateParameterSchema: stricter };
  return {
    objects: [
      [scope.classes, aClass(scope, classSpec)],
      [scope.plans, aPlan(scope, { ...schemas, ...planSpec }, 'plan-1')],
      [scope.plans, aPlan(scope, { ...schemas, ...planSpec, externalName: 'small' }, 'plan-2')],
    ],
  };
}

function names(scope: Scope, plan: string | undefined = 'standard'): Record<string, unknown> {
  return {
    [scope.classFields.externalName]: 'cloud-mysql',
    ...(plan === '' ? {} : { [scope.planFields.externalName]: plan }),
  };
}

function ordered(scope: Scope, spec: object = {}, plan?: string): ServiceInstance {
  return { metadata: metadata('my-db-instance'), spec: { ...names(scope, plan), ...spec } };
}

/** An instance that is there, made by bob and running. */
function running(scope: Scope, spec: object = {}): ServiceInstance {
  const instance = ordered(scope, {
    externalID: 'id-1',
    updateRequests: 2,
    userInfo: { username: 'bob', uid: '2' },
    [scope.classRefField]: { name: 'class-1' },
    [scope.planRefField]: { name: 'plan-1' },
    ...spec,
  });
  return {
    ...instance,
    metadata: { ...instance.metadata, finalizers: [FINALIZER], labels: instanceLabels(instance) },
    status: { provisionStatus: 'Provisioned', deprovisionStatus: 'Required' },
  };
}

const changed = (old: ServiceInstance, spec: object): ServiceInstance => ({ ...old, spec: { ...old.spec, ...spec } });
const without = (old: ServiceInstance, ...fields: string[]): ServiceInstance => ({
  ...old,
  spec: Object.fromEntries(Object.entries(old.spec).filter(([key]) => !fields.includes(key))),
});

describe.each(SCOPES)('creating an instance in the scope of the $name', (scope) => {
  test('sets what users leave out, and who they are', async () => {
    const spec = { userInfo: { username: 'admin' }, [scope.planRefField]: { name: 'plan-2' } };
    const object = admitted(await decide(world(scope), { resource, object: ordered(scope, spec) }));
    expect(object.metadata.finalizers).toEqual([FINALIZER]);
    expect(object.spec).toEqual({
      ...names(scope),
      [scope.classRefField]: { name: 'class-1' },
      [scope.planRefField]: { name: 'plan-1' },
      externalID: NEW_ID,
      updateRequests: 0,
      userInfo: ALICE,
    });
  });

  test('without a plan takes the only one there is', async () => {
    const { objects } = world(scope);
    const one = { objects: objects!.slice(0, 2) };
    const object = admitted(await decide(one, { resource, object: ordered(scope, {}, '') }));
    expect(object.spec[scope.planFields.externalName]).toBe('standard');
  });

  test.each(['externalID', 'name'] as const)('names the only plan the way the class is named, by %s', async (by) => {
    const [serviceClass, plan] = [aClass(scope), aPlan(scope)];
    const value = by === 'name' ? 'class-1' : 'class-1-id';
    const object = ordered(scope, { [scope.classFields[by]]: value, [scope.classFields.externalName]: undefined }, '');
    const one = {
      objects: [
        [scope.classes, serviceClass],
        [scope.plans, plan],
      ] as const,
    };
    expect(admitted(await decide(one, { resource, object })).spec[scope.planFields[by]]).toBe(
      by === 'name' ? 'plan-1' : 'plan-1-id',
    );
  });

  test('without a plan is refused when there are several, and the message names them', async () => {
    expect(refusal(await decide(world(scope), { resource, object: ordered(scope, {}, '') }))).toMatchObject({
      code: 403,
      message: expect.stringMatching(/has more than one plan, PlanName must be specified: one of small, standard$/),
    });
  });

  test('waits for a class that is not there yet, with a warning', async () => {
    const verdict = await decide({}, { resource, object: ordered(scope, {}, '') });
    expect(admitted(verdict).spec).not.toHaveProperty(scope.planFields.externalName);
    expect(verdict).toMatchObject({ warnings: [expect.stringContaining('there is no')] });
  });

  test.each([
    [{ storageGB: 0 }, 'spec.parameters.storageGB: must be at least 1'],
    [{ storageGB: '20' }, 'spec.parameters.storageGB: must be an integer'],
  ])('with parameters %j the plan does not allow is refused', async (parameters, message) => {
    const refused = refusal(await decide(world(scope), { resource, object: ordered(scope, { parameters }) }));
    expect(refused).toMatchObject({ code: 422, message: expect.stringContaining(message) });
  });

  test('with parameters from a Secret is left to the controller', async () => {
    const spec = { parameters: { storageGB: 0 }, parametersFrom: [{ secretKeyRef: { name: 's', key: 'k' } }] };
    admitted(await decide(world(scope), { resource, object: ordered(scope, spec) }));
  });

  test('with a schema that cannot be used warns and goes on', async () => {
    const verdict = await decide(world(scope, {}, { instanceCreateParameterSchema: { $ref: '#' } }), {
      resource,
      object: ordered(scope, { parameters: { storageGB: 0 } }),
    });
    expect(verdict).toMatchObject({ allowed: true, warnings: [expect.stringContaining('it refers to itself')] });
  });

  test('with the id of another instance is refused, and the other is not named', async () => {
    const other = { ...running(scope), metadata: metadata('theirs', { namespace: 'elsewhere' }) };
    const objects = [...world(scope).objects!, [INSTANCES, other] as const];
    const refused = refusal(await decide({ objects }, { resource, object: ordered(scope, { externalID: 'id-1' }) }));
    expect(refused).toMatchObject({ code: 422, fields: ['spec.externalID'] });
    expect(refused.message).not.toContain('elsewhere');
    admitted(await decide({ objects }, { resource, object: ordered(scope, { externalID: 'mine' }) }));
  });
});

describe('a malformed instance', () => {
  test.each<[string, object, string]>([
    ['without a class', { clusterServiceClassExternalName: undefined }, 'must name a class'],
    ['with two classes', { serviceClassName: 'a' }, 'leave one of them'],
    [
      'with a plan named another way than its class',
      { clusterServicePlanName: 'a' },
      'so the plan goes into clusterServicePlanExternalName; remove clusterServicePlanName',
    ],
    [
      'with a plan of the other scope',
      { clusterServicePlanExternalName: undefined, servicePlanExternalName: 'a' },
      'remove servicePlanExternalName',
    ],
    ['with parameters that are a text', { parameters: 'a' }, 'spec.parameters: must be an object'],
    ['with parametersFrom that is no list', { parametersFrom: {} }, 'spec.parametersFrom: must be an array'],
    [
      'with half a source of parameters',
      { parametersFrom: [{ secretKeyRef: { name: 'a' } }] },
      'secretKeyRef.key: is required',
    ],
    ['with an empty source of parameters', { parametersFrom: [{}] }, 'secretKeyRef.name: is required'],
    ['with a long id', { externalID: 'x'.repeat(64) }, 'spec.externalID: must have at most 63 characters'],
    ['with a long class name', { clusterServiceClassExternalName: 'x'.repeat(64) }, 'must have at most 63 characters'],
    ['with a negative counter', { updateRequests: -1 }, 'spec.updateRequests: must not be negative'],
    ['with a class that is a number', { clusterServiceClassExternalName: 5 }, 'must be a string'],
  ])('%s is refused with what to do', async (_what, spec, message) => {
    const refused = refusal(await decide({}, { resource, object: anInstance(spec) }));
    expect(refused).toMatchObject({ code: 422, message: expect.stringContaining(message) });
    expect(refused.message).toMatch(/^ServiceInstance\.servicecatalog\.k8s\.io "my-db-instance" is invalid: /);
  });

  test('without a spec is refused', async () => {
    expect(refusal(await decide({}, { resource, object: { metadata: metadata('x') } })).fields).toEqual(['spec']);
    expect(
      refusal(await decide({}, { resource, object: { metadata: metadata('x'), spec: 'x' } as never })).fields,
    ).toEqual(['spec']);
  });
});

describe.each(SCOPES)('changing an instance in the scope of the $name', (scope) => {
  const old = running(scope);
  const update = async (object: ServiceInstance, there: World = world(scope), asked: Need[] = []) =>
    decide(there, { resource, object, oldObject: old }, asked);

  test('notes who did it', async () => {
    const object = admitted(await update(changed(old, { parameters: { storageGB: 20 } })));
    expect(object.spec.userInfo).toEqual(ALICE);
  });

  test('by the controller does not make it the one who did it', async () => {
    const before = without(old, scope.classRefField, scope.planRefField);
    const verdict = await decide(world(scope), {
      resource,
      object: old,
      oldObject: before,
      user: { username: 'controller' },
    });
    expect(admitted(verdict).spec.userInfo).toEqual({ username: 'bob', uid: '2' });
    expect(admitted(verdict).metadata.labels).toEqual(instanceLabels(old));
  });

  test('keeps the id, the counter, the plan, the references and the user that a client leaves out', async () => {
    const bare = { ...old, spec: names(scope, '') as ServiceInstance['spec'] };
    expect(admitted(await update(bare)).spec).toEqual(old.spec);
    expect(admitted(await update(changed(old, { updateRequests: 0, externalID: '', userInfo: null }))).spec).toEqual(
      old.spec,
    );
  });

  test('asks for nothing when only metadata changes', async () => {
    const asked: Need[] = [];
    const object = { ...old, metadata: { ...old.metadata, finalizers: [], annotations: { a: 'b' } } };
    expect(admitted(await update(object, {}, asked)).metadata.annotations).toEqual({ a: 'b' });
    expect(asked).toEqual([]);
  });

  test.each<[string, object, string]>([
    ['the class', { [scope.classFields.externalName]: 'other' }, `spec.${scope.classFields.externalName}`],
    ['the id', { externalID: 'other' }, 'spec.externalID'],
    ['the counter to less', { updateRequests: 1 }, 'spec.updateRequests'],
  ])('does not change %s', async (_what, change, field) => {
    expect(refusal(await update(changed(old, change)))).toMatchObject({ code: 422, fields: [field] });
  });

  test('does not name the class another way', async () => {
    const { spec } = without(old, ...fieldList(scope.classFields), ...fieldList(scope.planFields));
    const object = { ...old, spec: { ...spec, [scope.classFields.name]: 'class-1' } };
    expect(refusal(await update(object)).fields).toEqual([`spec.${scope.classFields.name}`]);
  });

  test('to another plan drops the reference to the one it had', async () => {
    const object = admitted(await update(changed(old, names(scope, 'small'))));
    expect(object.spec).not.toHaveProperty(scope.planRefField);
    expect(object.spec[scope.classRefField]).toEqual({ name: 'class-1' });
    expect(object.metadata.labels).toEqual(instanceLabels(object));
    expect(object.spec.userInfo).toEqual(ALICE);
  });

  test('to another plan is refused where class or plan does not allow it', async () => {
    const another = changed(old, names(scope, 'small'));
    const refused = refusal(await update(another, world(scope, { planUpdatable: false })));
    expect(refused).toMatchObject({
      code: 403,
      message: expect.stringContaining('The Service Class cloud-mysql does not allow plan changes.'),
    });
    expect((await update(another, world(scope, {}, { planUpdatable: false }))).allowed).toBe(false);
    expect((await update(another, world(scope, { planUpdatable: undefined }))).allowed).toBe(false);
    expect((await update(another, world(scope, { planUpdatable: false }, { planUpdatable: true }))).allowed).toBe(true);
  });

  test('to another plan cannot be had by dropping the references first', async () => {
    const forgotten = without(old, scope.classRefField, scope.planRefField);
    const kept = admitted(await update(forgotten, world(scope, { planUpdatable: false })));
    expect(kept.spec).toEqual(old.spec);
  });

  test('to another plan is a correction while the broker has nothing', async () => {
    const before = { ...old, status: { provisionStatus: 'NotProvisioned', deprovisionStatus: 'NotRequired' } } as const;
    const verdict = await decide(world(scope, { planUpdatable: false }), {
      resource,
      object: changed(old, names(scope, 'small')),
      oldObject: before,
    });
    expect(verdict.allowed).toBe(true);
  });

  test('is not refused for a class that has vanished', async () => {
    expect((await update(changed(old, names(scope, 'small')), {})).allowed).toBe(true);
  });

  test('to the new name of the plan it has is no change of plan', async () => {
    const renamed = world(scope, { planUpdatable: false }).objects!.map(([kind, object]) =>
      object.metadata.name === 'plan-1'
        ? ([kind, aPlan(scope, { externalName: 'basic' })] as const)
        : ([kind, object] as const),
    );
    expect((await update(changed(old, names(scope, 'basic')), { objects: renamed })).allowed).toBe(true);
  });

  test('is checked against the schema for updates once the broker has it, before against that for new ones', async () => {
    const object = changed(old, { parameters: { storageGB: 5 } });
    expect(refusal(await update(object)).message).toContain('spec.parameters.storageGB: must be at least 10');
    const before = { ...old, status: {} };
    expect((await decide(world(scope), { resource, object, oldObject: before })).allowed).toBe(true);
  });

  test('is never refused because an operation runs', async () => {
    const busy = { ...old, status: { ...old.status!, currentOperation: 'Update', asyncOpInProgress: true } } as const;
    const object = { ...changed(old, { parameters: { storageGB: 30 } }), status: busy.status };
    expect((await decide(world(scope), { resource, object, oldObject: busy })).allowed).toBe(true);
  });

  test('does not point the references elsewhere than the names', async () => {
    const refused = refusal(await update(changed(old, { [scope.planRefField]: { name: 'plan-2' } })));
    expect(refused).toMatchObject({ code: 422, fields: [`spec.${scope.planRefField}`] });
    const other = refusal(await update(changed(old, { [scope.classRefField]: { name: 'class-9' } })));
    expect(other.fields).toEqual([`spec.${scope.classRefField}`]);
  });

  test('that is being deleted only loses what others put there', async () => {
    const going = { ...old, metadata: { ...old.metadata, deletionTimestamp: '2026-01-01T00:00:00Z' } };
    const object = { ...going, metadata: { ...going.metadata, finalizers: [] } };
    const asked: Need[] = [];
    const verdict = await decide({}, { resource, object, oldObject: going }, asked);
    expect(admitted(verdict).metadata.finalizers).toEqual([]);
    expect(asked).toEqual([]);
  });

  test.each([
    ['the id of another', { externalID: 'id-of-another' }, 'spec.externalID'],
    ['a plan its names do not lead to', { [scope.planRefField]: { name: 'plan-2' } }, `spec.${scope.planRefField}`],
    ['a class its names do not lead to', { [scope.classRefField]: { name: 'class-9' } }, `spec.${scope.classRefField}`],
    ['another class', { [scope.classFields.externalName]: 'other' }, `spec.${scope.classFields.externalName}`],
  ])('that is being deleted is not given %s, which would be removed in its stead', async (_what, spec, field) => {
    const going = { ...old, metadata: { ...old.metadata, deletionTimestamp: '2026-01-01T00:00:00Z' } };
    const verdict = await decide(world(scope), { resource, object: changed(going, spec), oldObject: going });
    expect(refusal(verdict)).toMatchObject({ code: 422, fields: [field] });
  });

  test('that has no id yet is given its own or a new one, and not that of another', async () => {
    const fresh = without(old, 'externalID');
    const oldObject = { ...fresh, metadata: { ...fresh.metadata, uid: 'its-uid' } };
    const victim = { ...running(scope), metadata: metadata('victim', { namespace: 'other-ns' }) };
    const known = { objects: [...world(scope).objects!, [INSTANCES, victim], [INSTANCES, oldObject]] } as World;
    const given = async (externalID: string, asked: Need[] = []) =>
      decide(known, { resource, object: changed(oldObject, { externalID }), oldObject }, asked);
    const asked: Need[] = [];
    admitted(await given('its-uid', asked));
    expect(asked).toEqual([]);
    admitted(await given('new'));
    expect(refusal(await given('id-1'))).toMatchObject({ code: 422, fields: ['spec.externalID'] });
  });
});
