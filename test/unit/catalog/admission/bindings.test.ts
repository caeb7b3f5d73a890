import { describe, expect, test } from '@jest/globals';
import type { Need } from '../../../../lib/catalog/admission.ts';
import { CLUSTER_SCOPE } from '../../../../lib/catalog/scope.ts';
import type { ServiceBinding, ServiceBindingStatus } from '../../../../lib/catalog/types.generated.ts';
import {
  aBinding,
  admitted,
  ALICE,
  anInstance,
  aPlan,
  BINDINGS,
  decide,
  FINALIZER,
  INSTANCES,
  metadata,
  NEW_ID,
  refusal,
} from '../objects.ts';
import type { World } from '../objects.ts';

const resource = BINDINGS;
const instance = anInstance({ clusterServicePlanRef: { name: 'plan-1' } });
const schema = { properties: { access: { enum: ['readwrite', 'readonly'] } } };
const world: World = {
  objects: [
    [INSTANCES, instance],
    [CLUSTER_SCOPE.plans, aPlan(CLUSTER_SCOPE, { serviceBindingCreateParameterSchema: schema })],
  ],
};
const copying = { secretTransforms: [{ addKeysFrom: { secretRef: { namespace: 'other', name: 'topsecret' } } }] };

describe('creating a binding', () => {
  test('sets what users leave out, and who they are', async () => {
    const object = admitted(await decide(world, { resource, object: aBinding({ userInfo: { username: 'admin' } }) }));
    expect(object.metadata.finalizers).toEqual([FINALIZER]);
    expect(object.spec).toEqual({
      instanceRef: { name: 'my-db-instance' },
      externalID: NEW_ID,
      secretName: 'my-binding',
      userInfo: ALICE,
    });
  });

  test('may come before its instance', async () => {
    admitted(await decide({}, { resource, object: aBinding({ parameters: { access: 'x' } }) }));
  });

  test('to an instance that is being deleted is refused', async () => {
    const going = { ...instance, metadata: metadata('my-db-instance', { deletionTimestamp: '2026-01-01T00:00:00Z' }) };
    const refused = refusal(await decide({ objects: [[INSTANCES, going]] }, { resource, object: aBinding() }));
    expect(refused).toMatchObject({ code: 403, message: expect.stringContaining('"my-db-instance" is being deleted') });
  });

  test('with parameters the plan does not allow is refused', async () => {
    const object = aBinding({ parameters: { access: 'admin' } });
    expect(refusal(await decide(world, { resource, object }))).toMatchObject({
      code: 422,
      message: expect.stringContaining('spec.parameters.access: must be one of "readwrite" or "readonly"'),
    });
  });

  test('does not copy a Secret its maker may not read', async () => {
    const object = aBinding(copying);
    expect(refusal(await decide(world, { resource, object }))).toMatchObject({
      code: 403,
      message: expect.stringContaining('must be allowed to get the Secret "topsecret" in namespace "other"'),
    });
    admitted(await decide({ ...world, readable: ['other/topsecret'] }, { resource, object }));
  });

  test('does not copy one of its own namespace unread either', async () => {
    const object = aBinding({ secretTransforms: [{ addKeysFrom: { secretRef: { name: 'near' } } }] });
    expect(refusal(await decide(world, { resource, object })).code).toBe(403);
    admitted(await decide({ ...world, readable: ['test-ns/near'] }, { resource, object }));
  });

  test.each<[string, object, string]>([
    ['no instance', { instanceRef: undefined }, 'spec.instanceRef.name: is required'],
    ['an instance that is no name', { instanceRef: { name: 'My_DB' } }, 'spec.instanceRef.name: must be at most 253'],
    ['a Secret that is no name', { secretName: '-' }, 'spec.secretName: must be at most 253'],
    ['a source of parameters without a key', { parametersFrom: [{ secretKeyRef: { name: 'a' } }] }, 'secretKeyRef.key'],
    ['an empty transform', { secretTransforms: [{}] }, 'spec.secretTransforms[0]: must have exactly one of'],
    [
      'a double transform',
      { secretTransforms: [{ removeKey: { key: 'a' }, addKey: { key: 'b', stringValue: '' } }] },
      'exactly one of',
    ],
    [
      'a key to add that is none',
      { secretTransforms: [{ addKey: { key: 'a b', stringValue: '' } }] },
      'addKey.key: must be',
    ],
    ['a key to add without a value', { secretTransforms: [{ addKey: { key: 'a' } }] }, 'must have a stringValue'],
    [
      'a value that is not base64',
      { secretTransforms: [{ addKey: { key: 'a', value: 'pass!' } }] },
      'plain text goes into stringValue',
    ],
    [
      'an expression that is none',
      { secretTransforms: [{ addKey: { key: 'a', jsonPathExpression: '{.a' } }] },
      'write it as for kubectl',
    ],
    ['a key to rename from nothing', { secretTransforms: [{ renameKey: { to: 'a' } }] }, 'renameKey.from: is required'],
    ['a key to remove that is nothing', { secretTransforms: [{ removeKey: {} }] }, 'removeKey.key: is required'],
    ['keys from no Secret', { secretTransforms: [{ addKeysFrom: {} }] }, 'addKeysFrom.secretRef.name: must be'],
    ['transforms that are no list', { secretTransforms: 'a' }, 'spec.secretTransforms: must be an array'],
  ])('with %s is malformed', async (_what, spec, message) => {
    const refused = refusal(await decide(world, { resource, object: aBinding(spec) }));
    expect(refused).toMatchObject({ code: 422, message: expect.stringContaining(message) });
  });
});

describe('changing a binding', () => {
  const old: ServiceBinding = aBinding({
    parameters: { access: 'readonly', n: [1, { a: null }] },
    externalID: 'id-1',
    secretName: 'credentials',
    userInfo: { username: 'bob', uid: '2' },
  });
  const update = async (object: ServiceBinding, before = old, asked: Need[] = []) =>
    decide(world, { resource, object, oldObject: before }, asked);

  test('is refused with a word on what to do', async () => {
    const object = {
      ...old,
      spec: { ...old.spec, parameters: { access: 'readwrite' }, instanceRef: { name: 'other' } },
    };
    expect(refusal(await update(object))).toMatchObject({
      code: 422,
      fields: ['spec.instanceRef', 'spec.parameters'],
      message: expect.stringContaining('is immutable; delete the binding and create another one'),
    });
  });

  test.each([
    ['the Secret', { secretName: 'other' }],
    ['the id', { externalID: 'other' }],
    ['the transforms', { secretTransforms: [] }],
  ])('does not change %s', async (_what, change) => {
    expect(refusal(await update({ ...old, spec: { ...old.spec, ...change } })).code).toBe(422);
  });

  test('by applying the same document again is none', async () => {
    const { parameters, instanceRef } = old.spec;
    const asked: Need[] = [];
    const object = {
      ...old,
      metadata: metadata('my-binding', { annotations: { a: 'b' } }),
      spec: { instanceRef, parameters: parameters! },
    };
    const verdict = await update(object, old, asked);
    expect(admitted(verdict).spec).toEqual(old.spec);
    expect(admitted(verdict).metadata.annotations).toEqual({ a: 'b' });
    expect(asked).toEqual([]);
  });

  test('does not make anybody else its creator', async () => {
    const object = { ...old, spec: { ...old.spec, userInfo: { username: 'admin' } } };
    expect(admitted(await update(object)).spec.userInfo).toEqual({ username: 'bob', uid: '2' });
  });

  test('fills in once what was left open', async () => {
    const { externalID: _id, secretName: _name, ...spec } = old.spec;
    expect(admitted(await update(old, { ...old, spec })).spec).toMatchObject({
      externalID: 'id-1',
      secretName: 'credentials',
    });
  });
});

describe('the status of a binding', () => {
  const checksum = 'a'.repeat(64);
  const ready = {
    type: 'Ready',
    status: 'True',
    reason: 'InjectedBindResult',
    message: '',
    lastTransitionTime: '2026-01-01T00:00:00Z',
  } as const;
  const decideStatus = async (status: ServiceBindingStatus) => {
    const object = aBinding({}, { status });
    return decide({}, { resource, object, oldObject: aBinding(), subresource: 'status' });
  };

  test.each<[string, ServiceBindingStatus]>([
    ['nothing', {}],
    [
      'a bind',
      { currentOperation: 'Bind', inProgressProperties: { parameterChecksum: checksum }, unbindStatus: 'Required' },
    ],
    ['an unbind', { currentOperation: 'Unbind', asyncOpInProgress: true, lastOperation: 'x'.repeat(10_000) }],
    [
      'the removal of what a bind left',
      { orphanMitigationInProgress: true, inProgressProperties: {}, asyncOpInProgress: true },
    ],
    ['what is bound', { conditions: [ready], externalProperties: { parameterChecksum: '' } }],
  ])('may say %s', async (_what, status) => {
    expect((await decideStatus(status)).allowed).toBe(true);
  });

  test.each<[string, ServiceBindingStatus, string]>([
    ['a bind of nothing', { currentOperation: 'Bind' }, 'status.inProgressProperties'],
    ['properties without a bind', { inProgressProperties: {} }, 'status.inProgressProperties'],
    ['to wait for no operation', { asyncOpInProgress: true }, 'status.asyncOpInProgress'],
    ['to be ready during an operation', { currentOperation: 'Unbind', conditions: [ready] }, 'status.conditions'],
    ['an operation nobody knows', { currentOperation: 'Rebind' as never }, 'status.currentOperation'],
    ['an end nobody knows', { unbindStatus: 'Gone' as never }, 'status.unbindStatus'],
    ['a word too long', { currentOperation: 'Unbind', lastOperation: 'x'.repeat(10_001) }, 'status.lastOperation'],
    [
      'a checksum that is none',
      { externalProperties: { parameterChecksum: 'abc' } },
      'status.externalProperties.parameterChecksum',
    ],
  ])('may not say %s', async (_what, status, field) => {
    expect(refusal(await decideStatus(status))).toMatchObject({ code: 422, fields: [field] });
  });
});
