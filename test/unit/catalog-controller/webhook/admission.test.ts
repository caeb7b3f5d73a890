import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { applyPatch } from 'rfc6902';
import { check, complete } from '../../../../catalog-controller/webhook/admission.ts';
import { LookUpError } from '../../../../catalog-controller/webhook/look-up-error.ts';
import type { ReviewResponse } from '../../../../catalog-controller/webhook/review.ts';
import type { AdmissionRequest, Need } from '../../../../lib/catalog/admission.ts';
import { decideAdmission } from '../../../../lib/catalog/admission/admit.ts';
import type { LookUp } from '../../../../lib/catalog/admission/admit.ts';
import { GENERATED_ID } from '../../../../lib/catalog/external-id.ts';
import { CLUSTER_SCOPE, NAMESPACE_SCOPE, SCOPES } from '../../../../lib/catalog/scope.ts';
import type { KubeObject, Resource } from '../../../../lib/kube/objects.ts';
import {
  aBinding,
  aBroker,
  aClass,
  ALICE,
  anInstance,
  aPlan,
  BINDINGS,
  FINALIZER,
  INSTANCES,
  lookUpIn,
  metadata,
  NAMESPACE,
} from '../../catalog/objects.ts';
import type { World } from '../../catalog/objects.ts';

const WORLD: World = {
  objects: SCOPES.flatMap((scope): [Resource, KubeObject][] => [
    [scope.classes, aClass(scope)],
    [scope.plans, aPlan(scope)],
  ]),
  readable: [`${NAMESPACE}/s`],
};
const BOB = { username: 'bob', uid: '2', groups: ['ops'], extra: { scopes: ['all'] } };

function request(
  resource: Resource,
  object: KubeObject,
  oldObject?: KubeObject,
  more: Partial<AdmissionRequest> = {},
): AdmissionRequest {
  const operation = oldObject === undefined ? 'CREATE' : 'UPDATE';
  const old = oldObject === undefined ? {} : { oldObject };
  return { operation, resource, namespace: NAMESPACE, object, ...old, user: ALICE, ...more };
}

/** The object with the patch of the answer in it, as an API server goes on with it. */
function withPatch<T extends KubeObject>(object: T, { allowed, patch }: ReviewResponse): T {
  expect(allowed).toBe(true);
  if (patch === undefined) return object;
  const operations = JSON.parse(Buffer.from(patch, 'base64').toString('utf8')) as [];
  const result = structuredClone(object);
  expect(applyPatch(result, operations).filter((failure) => failure !== null)).toEqual([]);
  return result;
}

const NEW_ID = { of: 'fresh', value: 'new' } as const;

const anySpec = (fields: Record<string, fc.Arbitrary<unknown>>): fc.Arbitrary<object> =>
  fc.record(fields, { requiredKeys: [], noNullPrototype: true });

const userInfo = fc.constantFrom<unknown>(ALICE, BOB, { username: 'system:admin' }, null);
const instanceSpec = anySpec({
  clusterServiceClassExternalName: fc.constantFrom('cloud-mysql', 'other', ''),
  clusterServicePlanExternalName: fc.constantFrom('standard', 'other', '', null),
  serviceClassName: fc.constantFrom('class-1', ''),
  servicePlanName: fc.constantFrom('plan-1', ''),
  clusterServiceClassRef: fc.constantFrom({ name: 'class-1' }, { name: 'x' }, {}),
  clusterServicePlanRef: fc.constantFrom({ name: 'plan-1' }, { name: 'x' }),
  externalID: fc.constantFrom('id', 'other', ''),
  updateRequests: fc.constantFrom<unknown>(0, 1, 2, null),
  parameters: fc.constantFrom<unknown>({ a: 1 }, { b: { c: [] } }, null),
  userInfo,
});
const bindingSpec = anySpec({
  instanceRef: fc.constantFrom({ name: 'db' }, { name: 'other' }),
  secretName: fc.constantFrom('s', '', null),
  externalID: fc.constantFrom('id', ''),
  secretTransforms: fc.constantFrom([], [{ addKeysFrom: { secretRef: { name: 's' } } }]),
  userInfo,
});
const brokerSpec = anySpec({
  url: fc.constantFrom('https://a', 'https://b', 'nonsense'),
  relistBehavior: fc.constantFrom('', 'Manual', 'Duration', null),
  relistRequests: fc.constantFrom<unknown>(0, 1, null),
  authInfo: fc.constant({ basic: { secretRef: { namespace: NAMESPACE, name: 's' } } }),
});
const anyMetadata = fc
  .record(
    {
      labels: fc.constantFrom<Record<string, string>>(
        { mine: 'a' },
        { 'servicecatalog.k8s.io/spec.clusterServiceClassRef.name': 'forged' },
      ),
      annotations: fc.constantFrom<Record<string, string>>({}, { mine: 'a' }, { mine: 'a', [GENERATED_ID]: 'id' }),
      finalizers: fc.constantFrom<string[]>([], ['a/b'], [FINALIZER], ['a/b', FINALIZER]),
      deletionTimestamp: fc.constant('2026-01-01T00:00:00Z'),
    },
    { requiredKeys: [], noNullPrototype: true },
  )
  .map((more) => metadata('x', more));
const anyRequest = fc
  .constantFrom<[Resource, fc.Arbitrary<object>]>(
    [INSTANCES, instanceSpec],
    [BINDINGS, bindingSpec],
    [CLUSTER_SCOPE.brokers, brokerSpec],
    [NAMESPACE_SCOPE.brokers, brokerSpec],
  )
  .chain(([resource, spec]) => {
    const object = fc.record({ metadata: anyMetadata, spec }, { noNullPrototype: true }) as fc.Arbitrary<KubeObject>;
    const status = fc.constantFrom<object>({}, { status: { provisionStatus: 'Provisioned' } });
    const stored = fc.tuple(object, status).map(([one, other]): KubeObject => ({ ...one, ...other }));
    return fc
      .tuple(object, fc.option(stored, { nil: undefined }), fc.constantFrom({}, { newId: NEW_ID }))
      .map(([next, old, more]) => request(resource, next, old, old === undefined ? more : {}));
  });

describe('for any object, with any other before it', () => {
  const cases = { numRuns: 3000 };

  test('the patch makes exactly what the rules make of it, and a refusal is that of the rules', async () => {
    let patches = 0;
    await fc.assert(
      fc.asyncProperty(anyRequest, async (asked) => {
        const verdict = await decideAdmission(asked, lookUpIn(WORLD));
        const response = await complete(asked, lookUpIn(WORLD));
        if (verdict.allowed) {
          expect(withPatch(asked.object!, response)).toEqual(JSON.parse(JSON.stringify(verdict.object)));
          patches += 1;
        } else {
          expect(response).toMatchObject({ allowed: false, status: { code: verdict.code, message: verdict.message } });
        }
      }),
      cases,
    );
    expect(patches).toBeGreaterThan(200);
  });

  test('a completed object is complete, and passes the check', async () => {
    await fc.assert(
      fc.asyncProperty(anyRequest, async (asked) => {
        const response = await complete(asked, lookUpIn(WORLD));
        if (!response.allowed) return;
        const again = { ...asked, object: withPatch(asked.object!, response) };
        expect(await complete(again, lookUpIn(WORLD))).toEqual({ allowed: true });
        const { newId: _, ...checked } = again;
        expect(await check(checked, lookUpIn(WORLD))).toMatchObject({ allowed: true });
      }),
      cases,
    );
  });
});

test('whether an id is somebody else’s is looked up only when a user chose it', async () => {
  const lists = async (asked: AdmissionRequest): Promise<number> => {
    const needs: Need[] = [];
    await check(asked, lookUpIn(WORLD, needs));
    return needs.filter((need) => need.type === 'list' && need.resource.plural === INSTANCES.plural).length;
  };
  const made = request(INSTANCES, anInstance(), undefined, { newId: NEW_ID });
  const { newId: _, ...checked } = { ...made, object: withPatch(made.object!, await complete(made, lookUpIn(WORLD))) };
  expect(await lists(checked)).toBe(0);

  const forged = anInstance(
    { externalID: 'id' },
    { metadata: metadata('x', { annotations: { [GENERATED_ID]: 'id' } }) },
  );
  const chosen = request(INSTANCES, forged, undefined, { newId: NEW_ID });
  const { newId: __, ...asChosen } = { ...chosen, object: withPatch(forged, await complete(chosen, lookUpIn(WORLD))) };
  expect(await lists(asChosen)).toBe(1);
  // Where one server does it all, it takes nobody's word either.
  expect(await lists(chosen)).toBe(1);
});

test.each([
  { resource: INSTANCES, object: anInstance() },
  { resource: BINDINGS, object: aBinding() },
  { resource: CLUSTER_SCOPE.brokers, object: aBroker(CLUSTER_SCOPE) },
])(
  'our finalizer is put back on $resource.plural, and comes off what is being deleted',
  async ({ resource, object }) => {
    const going = { deletionTimestamp: '2026-01-01T00:00:00Z' };
    const stored = withPatch(object, await complete(request(resource, object), lookUpIn(WORLD)));
    const { finalizers: _, ...without } = stored.metadata;
    const replaced = { ...stored, metadata: without };
    const patched = withPatch<KubeObject>(
      replaced,
      await complete(request(resource, replaced, stored), lookUpIn(WORLD)),
    );
    expect(patched.metadata.finalizers).toEqual([FINALIZER]);
    const leaving = { ...stored, metadata: { ...stored.metadata, ...going } };
    const released = { ...replaced, metadata: { ...without, ...going } };
    const off = withPatch(released, await complete(request(resource, released, leaving), lookUpIn(WORLD)));
    expect(off.metadata).not.toHaveProperty('finalizers');
  },
);

describe('the note that an id was made up', () => {
  const noted = { annotations: { [GENERATED_ID]: 'id' } };
  const stored = [
    { resource: INSTANCES, make: anInstance },
    { resource: BINDINGS, make: aBinding },
  ];

  test.each(stored)(
    'stays as it was stored, whatever a user makes of it: $resource.plural',
    async ({ resource, make }) => {
      const was = make({ externalID: 'id' }, { metadata: metadata('x', noted) });
      for (const annotations of [{}, { [GENERATED_ID]: 'another' }, { mine: 'a' }]) {
        const object = make({ externalID: 'id' }, { metadata: metadata('x', { annotations }) });
        const patched = withPatch(object, await complete(request(resource, object, was), lookUpIn(WORLD)));
        expect(patched.metadata.annotations).toEqual({ ...annotations, [GENERATED_ID]: 'id' });
      }
    },
  );

  test.each(stored)('cannot be put on what has none: $resource.plural', async ({ resource, make }) => {
    const was = make({ externalID: 'id' });
    const object = make({ externalID: 'id' }, { metadata: metadata('x', noted) });
    const asked = request(resource, object, was);
    expect(withPatch(object, await complete(asked, lookUpIn(WORLD))).metadata).not.toHaveProperty('annotations');
    const { status } = await check(asked, lookUpIn(WORLD));
    expect(status?.details).toMatchObject({
      causes: expect.arrayContaining([expect.objectContaining({ field: 'metadata.annotations' })]),
    });
  });
});

describe('what was changed after it was completed', () => {
  const stored = anInstance(
    { externalID: 'id', userInfo: ALICE, updateRequests: 2 },
    { metadata: metadata('my-db-instance', { finalizers: [FINALIZER] }), status: { provisionStatus: 'Provisioned' } },
  );
  const bound = aBinding(
    { externalID: 'id', userInfo: ALICE, secretName: 's' },
    { metadata: metadata('my-binding', { finalizers: [FINALIZER] }) },
  );
  const mallory = { username: 'mallory', uid: '', groups: ['system:masters'] };

  test.each<{ field: string; resource: Resource; object: KubeObject; change: object; old?: KubeObject }>([
    { field: 'spec.userInfo', resource: INSTANCES, object: anInstance(), change: { userInfo: mallory } },
    { field: 'spec.userInfo', resource: INSTANCES, object: stored, change: { userInfo: mallory }, old: stored },
    { field: 'spec.userInfo', resource: INSTANCES, object: stored, change: { userInfo: undefined }, old: stored },
    { field: 'spec.userInfo', resource: INSTANCES, object: stored, change: { parameters: { a: 1 } }, old: stored },
    { field: 'spec.userInfo', resource: BINDINGS, object: aBinding(), change: { userInfo: mallory } },
    { field: 'spec.userInfo', resource: BINDINGS, object: bound, change: { userInfo: mallory }, old: bound },
    { field: 'spec.externalID', resource: INSTANCES, object: stored, change: { externalID: undefined }, old: stored },
    { field: 'spec.updateRequests', resource: INSTANCES, object: stored, change: { updateRequests: 0 }, old: stored },
    { field: 'spec.externalID', resource: BINDINGS, object: bound, change: { externalID: undefined }, old: bound },
    { field: 'spec.secretName', resource: BINDINGS, object: bound, change: { secretName: '' }, old: bound },
    {
      field: 'spec.clusterServiceClassRef',
      resource: INSTANCES,
      object: anInstance(),
      change: { clusterServiceClassRef: { name: 'class-2' } },
    },
    {
      field: 'spec.clusterServicePlanRef',
      resource: INSTANCES,
      object: anInstance(),
      change: { clusterServicePlanRef: undefined },
    },
  ])('is refused by name: $field with $change', async ({ field, resource, object, change, old }) => {
    const asked = request(resource, object, old, { user: BOB });
    const completed = withPatch(object, await complete(asked, lookUpIn(WORLD))) as KubeObject & { spec: object };
    const changed = { ...completed, spec: { ...completed.spec, ...change } };
    const { allowed, status } = await check({ ...asked, object: changed }, lookUpIn(WORLD));
    expect([allowed, status?.code, status?.reason]).toEqual([false, 403, 'Forbidden']);
    expect(status?.details).toMatchObject({ causes: [{ field }] });
    expect(status?.message).toContain('mutate.servicecatalog.k8s.io');
  });

  test('a finalizer or a label of ours that is gone is refused too', async () => {
    const asked = request(INSTANCES, anInstance());
    const { metadata: meta, ...rest } = withPatch(anInstance(), await complete(asked, lookUpIn(WORLD)));
    const { finalizers: _, ...without } = meta;
    const { status } = await check({ ...asked, object: { ...rest, metadata: without } }, lookUpIn(WORLD));
    expect(status?.details).toMatchObject({ causes: [{ field: 'metadata.finalizers' }] });
  });

  test('what may be open still is not missed: the Secret of a generated name, the plan of a class that came up', async () => {
    const unnamed = aBinding({}, { metadata: { generateName: 'b-', namespace: NAMESPACE } });
    const asked = request(BINDINGS, unnamed);
    const completed = withPatch(unnamed, await complete(asked, lookUpIn(WORLD)));
    const named = { ...completed, metadata: { ...completed.metadata, name: 'b-x2x2x' } };
    expect(await check({ ...asked, object: named }, lookUpIn(WORLD))).toEqual({ allowed: true });

    for (const early of [
      anInstance({ clusterServicePlanExternalName: undefined }),
      anInstance(),
      anInstance({}, { metadata: metadata('my-db-instance', { labels: { mine: 'a' } }) }),
    ]) {
      const before = request(INSTANCES, early);
      const open = withPatch(early, await complete(before, lookUpIn({})));
      expect(await check({ ...before, object: open }, lookUpIn(WORLD))).toMatchObject({ allowed: true });
    }
  });

  test('a class or plan that goes after the instance was completed refuses nobody for good', async () => {
    for (const early of [
      anInstance(),
      anInstance({}, { metadata: metadata('my-db-instance', { labels: { mine: 'a' } }) }),
    ]) {
      const asked = request(INSTANCES, early);
      const object = withPatch(early, await complete(asked, lookUpIn(WORLD)));
      const left: World = { objects: [[CLUSTER_SCOPE.classes, aClass(CLUSTER_SCOPE)]] };
      for (const world of [{}, left]) {
        const { status } = await check({ ...asked, object }, lookUpIn(world));
        expect(status).toMatchObject({ code: 503, message: expect.stringContaining('try again') });
      }
      const forged = { ...object, spec: { ...object.spec, userInfo: { username: 'admin' } } };
      expect((await check({ ...asked, object: forged }, lookUpIn({}))).status?.code).toBe(403);
    }
  });

  test('a label of ours on an instance whose class is not known yet is refused all the same', async () => {
    const asked = request(INSTANCES, anInstance());
    const { metadata: meta, ...rest } = withPatch(anInstance(), await complete(asked, lookUpIn({})));
    const labels = { 'servicecatalog.k8s.io/spec.clusterServiceClassRef.name': 'forged' };
    for (const world of [{}, WORLD]) {
      const { status } = await check({ ...asked, object: { ...rest, metadata: { ...meta, labels } } }, lookUpIn(world));
      expect(status?.details).toMatchObject({ causes: [{ field: 'metadata.labels' }] });
    }
  });
});

describe('an answer', () => {
  const broker = aBroker(CLUSTER_SCOPE, { authInfo: { basic: { secretRef: { namespace: NAMESPACE, name: 'top' } } } });

  test('of the rules is a Status with a cause for each field', async () => {
    const { status } = await check(request(INSTANCES, anInstance({ serviceClassName: 'a' })), lookUpIn(WORLD));
    expect(status).toMatchObject({
      status: 'Failure',
      code: 422,
      reason: 'Invalid',
      details: { causes: [{ reason: 'FieldValueInvalid', field: 'spec' }] },
    });
    const forbidden = await check(request(CLUSTER_SCOPE.brokers, broker), lookUpIn(WORLD));
    expect(forbidden.status).toMatchObject({ code: 403, reason: 'Forbidden' });
  });

  test('is never "allowed" when a look-up fails', async () => {
    const fails = (permanent: boolean): LookUp => {
      const fail = async (): Promise<never> => {
        throw new LookUpError('cannot read it', permanent, undefined);
      };
      return { get: fail, list: fail, mayUser: fail };
    };
    const asked = request(CLUSTER_SCOPE.brokers, broker);
    for (const ask of [check, complete]) {
      expect(await ask(asked, fails(false))).toMatchObject({
        allowed: false,
        status: { code: 503, reason: 'ServiceUnavailable', details: { retryAfterSeconds: 1 } },
      });
      expect(await ask(asked, fails(true))).toMatchObject({ allowed: false, status: { code: 500 } });
    }
    const bug: LookUp = { ...fails(false), mayUser: () => Promise.reject(new TypeError('a bug')) };
    await expect(check(asked, bug)).rejects.toThrow('a bug');
  });

  test('to a deletion is yes, and to a broken status of a binding no', async () => {
    const { object: _, ...deletion } = request(INSTANCES, anInstance());
    const asked: AdmissionRequest = { ...deletion, operation: 'DELETE', oldObject: anInstance() };
    expect(await check(asked, lookUpIn(WORLD))).toEqual({ allowed: true });
    expect(await complete(asked, lookUpIn(WORLD))).toEqual({ allowed: true });
    const status = { currentOperation: 'Dance' } as never;
    const broken = request(BINDINGS, aBinding({}, { status }), aBinding(), { subresource: 'status' });
    expect(await check(broken, lookUpIn(WORLD))).toMatchObject({ allowed: false, status: { code: 422 } });
  });

  test('has warnings no client cuts short', async () => {
    const long = anInstance({ clusterServiceClassExternalName: 'c'.repeat(63) });
    const { warnings } = await check(
      request(INSTANCES, withPatch(long, await complete(request(INSTANCES, long), lookUpIn({})))),
      lookUpIn({}),
    );
    expect(warnings).toHaveLength(1);
    expect(warnings![0]!.length).toBeLessThanOrEqual(256);
  });
});
