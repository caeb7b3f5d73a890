import { expect, test } from '@jest/globals';
import { parseKind, parseTarget } from '../../../cli/kinds.ts';
import { failureOf } from '../../../cli/failure.ts';
import { KubeApiError, KubeConnectionError } from '../../../lib/kube/client.ts';
import { UsageError } from '../../../lib/runtime/errors.ts';

test('kinds are known in singular and plural', () => {
  expect(['broker', 'Brokers', 'class', 'CLASSES', 'plan', 'instances', 'binding'].map(parseKind)).toEqual([
    'broker',
    'broker',
    'class',
    'class',
    'plan',
    'instance',
    'binding',
  ]);
  for (const word of ['pods', '', 'constructor']) expect(() => parseKind(word)).toThrow(UsageError);
});

test('the doctor takes a name alone or with its kind', () => {
  expect(parseTarget('db')).toEqual({ name: 'db' });
  expect(parseTarget('instances/db')).toEqual({ kind: 'instance', name: 'db' });
  expect(parseTarget('binding/db')).toEqual({ kind: 'binding', name: 'db' });
  for (const text of ['plan/x', 'instance/', 'pod/x']) expect(() => parseTarget(text)).toThrow(UsageError);
});

test('a failure is one sentence that says what to do, without a stack', () => {
  expect(failureOf(new UsageError('wrong'), false)).toEqual({ message: 'wrong', exitCode: 2 });
  expect(failureOf(new KubeConnectionError('refused'), false).message).toMatch(/npm start/);
  expect(failureOf(new KubeApiError(403, 'Forbidden', 'no'), false).message).toMatch(/not allowed/);
  expect(failureOf(new KubeApiError(404, 'NotFound', 'no'), false).message).toMatch(/CRDs/);
  expect(failureOf(new TypeError('a fault'), false)).toEqual({ message: 'a fault', exitCode: 1 });
  expect(failureOf(new TypeError('a fault'), true).message).toMatch(/\n\s+at /);
});
