import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { AdmissionRequest } from '../../../../lib/catalog/admission.ts';
import { admit, needs } from '../../../../lib/catalog/admission/admit.ts';
import { NO_FACTS } from '../../../../lib/catalog/admission/verdicts.ts';
import { CATALOG_RESOURCES } from '../../../../lib/catalog/resources.ts';
import { SECRETS } from '../../../../lib/kube/core-resources.ts';
import { aBinding, ALICE, anInstance, BINDINGS, INSTANCES, NAMESPACE } from '../objects.ts';

const base = { namespace: NAMESPACE, user: ALICE } as const;

test('what is not ours, a deletion and the status of others are let through as they are', () => {
  const requests: AdmissionRequest[] = [
    { ...base, operation: 'CREATE', resource: SECRETS, object: { metadata: { name: 'x' } } },
    { ...base, operation: 'DELETE', resource: INSTANCES, oldObject: anInstance() },
    {
      ...base,
      operation: 'UPDATE',
      resource: INSTANCES,
      subresource: 'status',
      object: anInstance(),
      oldObject: anInstance(),
    },
  ];
  for (const request of requests) {
    expect(needs(request)).toEqual([]);
    const verdict = admit(request, NO_FACTS);
    expect(verdict).toEqual({ allowed: true, ...(request.object === undefined ? {} : { object: request.object }) });
  }
});

describe('look-ups', () => {
  const object = aBinding();
  const request: AdmissionRequest = { ...base, operation: 'CREATE', resource: BINDINGS, object };

  test('are asked for once, and the next one when the last is answered', () => {
    const [first, ...more] = needs(request);
    expect(first).toMatchObject({ type: 'get', name: 'my-db-instance', namespace: NAMESPACE });
    expect(more).toEqual([]);
    const instance = anInstance({ clusterServicePlanRef: { name: 'plan-1' } });
    const facts = { ...NO_FACTS, objects: new Map([[first!.id, instance]]) };
    expect(needs(request, facts)).toMatchObject([{ type: 'get', name: 'plan-1' }]);
    expect(needs(request, { ...NO_FACTS, objects: new Map([[first!.id, undefined]]) })).toEqual([]);
  });

  test('that were not made count as not there and not allowed', () => {
    const spec = { ...object.spec, secretTransforms: [{ addKeysFrom: { secretRef: { name: 's' } } }] };
    expect(admit({ ...request, object: { ...object, spec } as never }, NO_FACTS)).toMatchObject({
      allowed: false,
      code: 403,
    });
  });
});

test('whatever is sent, the answer is a verdict and the request is left as it was', () => {
  const paths = [
    'url',
    'authInfo',
    'instanceRef',
    'parameters',
    'parametersFrom',
    'secretTransforms',
    'externalID',
    'caBundle',
  ];
  const names = [
    'clusterServiceClassExternalName',
    'clusterServicePlanExternalName',
    'servicePlanRef',
    'catalogRestrictions',
  ];
  const junk = fc.oneof(
    fc.jsonValue(),
    fc.constantFrom<unknown>(
      [{ secretKeyRef: null }],
      [{ secretKeyRef: { name: 'a' } }],
      [{ addKeysFrom: { secretRef: { namespace: 5 } } }],
      [{ renameKey: {} }],
      [{ addKey: { key: 5 } }],
      { basic: { secretRef: [] } },
      { name: {} },
      '',
    ),
  );
  const spec = fc.oneof(fc.jsonValue(), fc.dictionary(fc.constantFrom(...paths, ...names), junk));
  fc.assert(
    fc.property(fc.constantFrom(...CATALOG_RESOURCES), spec, spec, fc.boolean(), (resource, one, other, update) => {
      const stored = { ...anInstance(), spec: other } as never;
      const object = { metadata: { name: 'x' }, spec: one } as never;
      const request: AdmissionRequest = update
        ? { ...base, operation: 'UPDATE', resource, object, oldObject: anInstance() }
        : { ...base, operation: 'CREATE', resource, object: stored };
      const before = JSON.stringify(request);
      needs(request);
      const verdict = admit(request, NO_FACTS);
      expect(verdict.allowed ? 200 : verdict.code).toBeGreaterThanOrEqual(200);
      expect(JSON.stringify(request)).toBe(before);
    }),
    { numRuns: 500 },
  );
});
