import { expect, test } from '@jest/globals';
import { namespaceConditions } from '../../../../catalog-apiserver/namespace-finalization/conditions.ts';

const finalizer = 'kubernetes-incubator/service-catalog';
const remaining = [
  { resource: 'serviceinstances.servicecatalog.k8s.io', count: 2, finalizers: new Map([[finalizer, 2]]) },
  { resource: 'servicebindings.servicecatalog.k8s.io', count: 1, finalizers: new Map([[finalizer, 1]]) },
];

test('the conditions say what remains and which finalizers hold it', () => {
  expect(namespaceConditions([], remaining, [], 'now')).toEqual([
    expect.objectContaining({ type: 'NamespaceDeletionContentFailure', status: 'False' }),
    {
      type: 'NamespaceContentRemaining',
      status: 'True',
      lastTransitionTime: 'now',
      reason: 'SomeResourcesRemain',
      message:
        'Some resources are remaining: serviceinstances.servicecatalog.k8s.io has 2 resource instances, ' +
        'servicebindings.servicecatalog.k8s.io has 1 resource instances',
    },
    {
      type: 'NamespaceFinalizersRemaining',
      status: 'True',
      lastTransitionTime: 'now',
      reason: 'SomeFinalizersRemain',
      message: `Some content in the namespace has finalizers remaining: ${finalizer} in 3 resource instances`,
    },
  ]);
});

test('what could not be deleted is named', () => {
  const [failure] = namespaceConditions([], [], ['secrets a: forbidden'], 'now');
  expect(failure).toMatchObject({
    status: 'True',
    reason: 'ContentDeletionFailed',
    message: 'Failed to delete all resource types, 1 remaining: secrets a: forbidden',
  });
});

test('the time of a condition moves only with its status', () => {
  const first = namespaceConditions([], remaining, [], 'first');
  const second = namespaceConditions(first, remaining.slice(0, 1), [], 'second');
  expect(second.map(({ lastTransitionTime }) => lastTransitionTime)).toEqual(['first', 'first', 'first']);
  expect(second[1]?.message).not.toBe(first[1]?.message);
  const third = namespaceConditions(second, [], [], 'third');
  expect(third.map(({ lastTransitionTime }) => lastTransitionTime)).toEqual(['first', 'third', 'third']);
});
