import { describe, expect, test } from '@jest/globals';
import {
  classLabels,
  instanceLabels,
  labelSelector,
  labelValue,
  matchesLabels,
  planLabels,
  withLabels,
} from '../../../lib/catalog/labels.ts';
import { CLUSTER_SCOPE, NAMESPACE_SCOPE } from '../../../lib/catalog/scope.ts';
import { aClass, anInstance, aPlan } from './objects.ts';

const hash = 'bc50ffdf856c6528704115ec37e8d9726a1fdcbd923108ebeaed7116';

test('the value of a label is the SHA-224 of what it stands for', () => {
  expect(labelValue('cloud-mysql')).toBe(hash);
});

test('a class carries its id, its name and its broker', () => {
  expect(classLabels(CLUSTER_SCOPE, aClass(CLUSTER_SCOPE))).toEqual({
    'servicecatalog.k8s.io/spec.externalID': labelValue('class-1-id'),
    'servicecatalog.k8s.io/spec.externalName': hash,
    'servicecatalog.k8s.io/spec.clusterServiceBrokerName': labelValue('broker'),
  });
  expect(Object.keys(classLabels(NAMESPACE_SCOPE, aClass(NAMESPACE_SCOPE)))).toContain(
    'servicecatalog.k8s.io/spec.serviceBrokerName',
  );
});

test('a plan carries its class as well', () => {
  expect(planLabels(NAMESPACE_SCOPE, aPlan(NAMESPACE_SCOPE))).toMatchObject({
    'servicecatalog.k8s.io/spec.serviceClassRef.name': labelValue('class-1'),
    'servicecatalog.k8s.io/spec.serviceBrokerName': labelValue('broker'),
  });
});

test('an instance carries its class and plan once they are found', () => {
  expect(instanceLabels(anInstance())).toEqual({});
  const found = anInstance({ clusterServiceClassRef: { name: 'c' }, clusterServicePlanRef: { name: 'p' } });
  expect(instanceLabels(found)).toEqual({
    'servicecatalog.k8s.io/spec.clusterServiceClassRef.name': labelValue('c'),
    'servicecatalog.k8s.io/spec.clusterServicePlanRef.name': labelValue('p'),
  });
});

test('a selector selects what carries the labels', () => {
  const fields = { 'spec.externalName': 'cloud-mysql' };
  expect(labelSelector(fields)).toBe(`servicecatalog.k8s.io/spec.externalName=${hash}`);
  expect(matchesLabels(classLabels(CLUSTER_SCOPE, aClass(CLUSTER_SCOPE)), fields)).toBe(true);
  expect(matchesLabels(undefined, fields)).toBe(false);
});

describe('putting our labels in', () => {
  const ours = { 'servicecatalog.k8s.io/spec.externalID': 'x' };

  test('leaves those of others and takes out ours that no longer hold', () => {
    const before = { team: 'db', 'servicecatalog.k8s.io/spec.clusterServicePlanRef.name': 'old' };
    expect(withLabels(before, ours)).toEqual({ team: 'db', ...ours });
  });

  test('gives the same labels back when nothing changes', () => {
    const before = { team: 'db', ...ours };
    expect(withLabels(before, ours)).toBe(before);
    expect(withLabels(undefined, {})).toBeUndefined();
  });
});
