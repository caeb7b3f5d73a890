import { describe, expect, test } from '@jest/globals';
import { newsOf } from '../../../../local/quickstart/wait.ts';
import type { ServiceBinding, ServiceInstance } from '../../../../lib/catalog/types.generated.ts';

function conditions(status: 'True' | 'False', message: string) {
  return {
    conditions: [{ type: 'Ready' as const, status, reason: 'R', message, lastTransitionTime: '2026-01-01T00:00:00Z' }],
  };
}
const bindingSpec = { instanceRef: { name: 'db' }, secretName: 'credentials' };
const binding = (status?: object): ServiceBinding => ({
  metadata: { name: 'b', namespace: 'n' },
  spec: bindingSpec,
  ...(status ? { status } : {}),
});
const instance = (status?: object): ServiceInstance => ({
  metadata: { name: 'db', namespace: 'n' },
  spec: {},
  ...(status ? { status } : {}),
});

describe('the news of a binding', () => {
  test.each([
    ['nobody has looked at the instance', binding(), instance(), 'the instance waits for its first look'],
    ['its instance is on the way', binding(), instance(conditions('False', 'creating')), 'creating'],
    ['its instance is ready', binding(), instance(conditions('True', 'x')), 'the binding waits for its first look'],
    ['it is on the way itself', binding(conditions('False', 'binding')), instance(conditions('True', 'x')), 'binding'],
    ['there is no instance', binding(conditions('False', 'no instance')), undefined, 'no instance'],
  ])('while %s', (_when, one, of, text) => {
    expect(newsOf(one, of)).toEqual({ state: 'working', text });
  });

  test('is the Secret when it is ready', () => {
    const news = newsOf(binding(conditions('True', 'x')), instance(conditions('False', 'updating')));
    expect(news).toEqual({ state: 'done', text: 'credentials are in Secret credentials' });
  });

  test('is none when it is being deleted: nobody waits for it any more', () => {
    const going = binding();
    going.metadata.deletionTimestamp = '2026-01-01T00:00:00Z';
    expect(newsOf(going, undefined)).toBeUndefined();
  });
});
