import { describe, expect, test } from '@jest/globals';
import { secretKeyOf, secretStateOf } from '../../../../catalog-controller/binding/secret.ts';
import type { Secret } from '../../../../lib/kube/core-resources.ts';
import type { ServiceBinding } from '../../../../lib/catalog/types.generated.ts';

const binding: ServiceBinding = {
  metadata: { name: 'app', namespace: 'ns', uid: 'u1' },
  spec: { instanceRef: { name: 'db' } },
};
const secret = (uid: string, more: Partial<Secret> = {}): Secret => ({
  metadata: {
    name: 'app',
    namespace: 'ns',
    ownerReferences: [{ apiVersion: 'v1', kind: 'ServiceBinding', name: 'app', uid, controller: true }],
  },
  ...more,
});

describe('a Secret of the binding’s name', () => {
  test.each([
    ['that is not there', undefined, 'absent'],
    ['of nobody', { metadata: { name: 'app' } }, 'foreign'],
    ['of a binding of this name that was there before', secret('u0'), 'foreign'],
    ['of the binding, without a checksum, as the original wrote it', secret('u1'), 'intact'],
    [
      'of the binding, changed since',
      {
        ...secret('u1', { data: { a: 'Yg==' } }),
        metadata: {
          ...secret('u1').metadata,
          annotations: { 'servicecatalog.k8s.io/data-checksum': 'f'.repeat(64) },
        },
      },
      'altered',
    ],
  ])('%s is %s', (_what, found, state) => {
    expect(secretStateOf(found, binding)).toBe(state);
  });

  test('is the one the spec names, else that of the binding’s own name', () => {
    expect(secretKeyOf(binding)).toEqual({ namespace: 'ns', name: 'app' });
    expect(secretKeyOf({ ...binding, spec: { ...binding.spec, secretName: 'other' } }).name).toBe('other');
  });
});
