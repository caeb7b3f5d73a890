import { describe, expect, test } from '@jest/globals';
import { classLabels, planLabels } from '../../../../lib/catalog/labels.ts';
import { SCOPES } from '../../../../lib/catalog/scope.ts';
import type { AnyClass } from '../../../../lib/catalog/scope.ts';
import { aClass, admitted, aPlan, decide, refusal } from '../objects.ts';

describe.each(SCOPES)('classes and plans in the scope of the $name', (scope) => {
  const bare = <T extends { metadata: object }>(object: T): T => ({
    ...object,
    metadata: { name: 'x', labels: { team: 'db' } },
  });

  test('get the labels they are looked up by', async () => {
    const serviceClass = bare(aClass(scope));
    const plan = bare(aPlan(scope));
    const made = await decide({}, { resource: scope.classes, object: serviceClass });
    expect(admitted(made).metadata.labels).toEqual({ team: 'db', ...classLabels(scope, serviceClass) });
    const madePlan = await decide({}, { resource: scope.plans, object: plan });
    expect(admitted(madePlan).metadata.labels).toEqual({ team: 'db', ...planLabels(scope, plan) });
  });

  test('get new labels when the broker renames them', async () => {
    const old = aClass(scope);
    const object = { ...old, spec: { ...old.spec, externalName: 'renamed' } };
    const { labels } = admitted(await decide({}, { resource: scope.classes, object, oldObject: old })).metadata;
    expect(labels).toEqual(classLabels(scope, object as AnyClass));
  });

  test.each([
    ['the broker of a class', 'classes', { [scope.brokerNameField]: 'other' }, `spec.${scope.brokerNameField}`],
    ['the id of a class', 'classes', { externalID: 'other' }, 'spec.externalID'],
    ['the broker of a plan', 'plans', { [scope.brokerNameField]: 'other' }, `spec.${scope.brokerNameField}`],
    ['the id of a plan', 'plans', { externalID: 'other' }, 'spec.externalID'],
    ['the class of a plan', 'plans', { [scope.classRefField]: { name: 'other' } }, `spec.${scope.classRefField}.name`],
  ] as const)('do not change %s', async (_what, kind, change, field) => {
    const old = kind === 'classes' ? aClass(scope) : aPlan(scope);
    const object = { ...old, spec: { ...old.spec, ...change } };
    const refused = refusal(await decide({}, { resource: scope[kind], object, oldObject: old }));
    expect(refused).toMatchObject({ code: 422, fields: [field], message: expect.stringContaining('is immutable') });
  });

  test.each([
    ['a class without a broker', 'classes', { [scope.brokerNameField]: undefined }],
    ['a class without a name', 'classes', { externalName: '' }],
    ['a class with a name of 64 characters', 'classes', { externalName: 'x'.repeat(64) }],
    ['a plan without an id', 'plans', { externalID: undefined }],
    ['a plan without a class', 'plans', { [scope.classRefField]: undefined }],
    ['a plan whose class is a text', 'plans', { [scope.classRefField]: 'class-1' }],
  ] as const)('%s is malformed', async (_what, kind, change) => {
    const good = kind === 'classes' ? aClass(scope) : aPlan(scope);
    const object = { ...good, spec: { ...good.spec, ...change } };
    expect(refusal(await decide({}, { resource: scope[kind], object })).code).toBe(422);
  });
});
