import { describe, expect, test } from '@jest/globals';
import { firstOf } from '../../../../catalog-controller/operation/rivals.ts';
import type { KubeObject } from '../../../../lib/kube/objects.ts';

const object = (
  uid: string,
  creationTimestamp: string,
  begun = false,
  leaving: { deletionTimestamp?: string } = {},
): KubeObject & { begun: boolean } => ({
  metadata: { uid, creationTimestamp, ...leaving },
  begun,
});
const first = (...objects: ReturnType<typeof object>[]): string | undefined =>
  firstOf(objects, ({ begun }) => begun).metadata.uid;

describe('of objects with one external id', () => {
  test('the oldest goes first', () => {
    expect(first(object('b', '2026-01-02'), object('a', '2026-01-01'))).toBe('a');
  });
  test('one that has begun goes before an older one', () => {
    expect(first(object('a', '2026-01-01'), object('b', '2026-01-02', true))).toBe('b');
  });
  test('one that stays goes before one that is being deleted, if both have begun', () => {
    const leaving = { deletionTimestamp: '2026-01-03' };
    const [a, b] = [object('a', '2026-01-01', true, leaving), object('b', '2026-01-02', true)];
    expect([first(a, b), first(b, a)]).toEqual(['b', 'b']);
    expect(first(a, object('c', '2026-01-02'))).toBe('a');
  });
  test('of equal age the same goes first whoever asks', () => {
    const [a, b] = [object('a', '2026-01-01'), object('b', '2026-01-01')];
    expect([first(a, b), first(b, a)]).toEqual(['a', 'a']);
  });
});
