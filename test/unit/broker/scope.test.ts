import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { formatScope, isInScope, ownerScope, requestScope } from '../../../broker/scope.ts';
import type { Scope } from '../../../broker/scope.ts';

const text = fc.oneof(fc.constantFrom('', 'a', 'b', 'a/b', '%2F'), fc.string({ unit: 'grapheme' }));
const scope = fc.record<Scope>({ platform: text, clusterId: text, namespace: text });

test('a request with a context is in a scope exactly when all three parts are equal', () => {
  fc.assert(
    fc.property(scope, scope, (owner, other) => {
      const request = requestScope(other.platform, { clusterid: other.clusterId, namespace: other.namespace });
      const equal =
        owner.platform === other.platform && owner.clusterId === other.clusterId && owner.namespace === other.namespace;
      expect(isInScope(request, owner)).toBe(equal);
      expect(isInScope(request, ownerScope(request))).toBe(true);
    }),
  );
});

test('a request without a context is judged by its platform, one with an empty context is not', () => {
  const owner = { platform: 'p', clusterId: 'c', namespace: 'n' };
  expect(isInScope(requestScope('p', undefined), owner)).toBe(true);
  expect(isInScope(requestScope('q', undefined), owner)).toBe(false);
  expect(isInScope(requestScope('p', {}), owner)).toBe(false);
});

test('no two scopes have the same printed form', () => {
  fc.assert(
    fc.property(scope, scope, (one, other) => {
      const same = JSON.stringify(one) === JSON.stringify(other);
      expect(formatScope({ ...one }) === formatScope({ ...other })).toBe(same);
    }),
  );
});
