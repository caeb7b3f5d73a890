import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { KubeApiError, KubeConnectionError } from '../../../lib/kube/client.ts';
import { NAMESPACES, SECRETS } from '../../../lib/kube/core-resources.ts';
import { collectionPath, objectPath, queryString } from '../../../lib/kube/resource-path.ts';
import { toApiError } from '../../../lib/kube/response-status.ts';
import { retryDelay } from '../../../lib/kube/retry.ts';
import { decodeEvent, lines } from '../../../lib/kube/watch-stream.ts';

async function* chunked(...chunks: Buffer[]): AsyncGenerator<Buffer> {
  yield* chunks;
}

describe('the text of requests and answers', () => {
  test('paths name group, namespace, object and subresource', () => {
    const instances = { group: 'servicecatalog.k8s.io', version: 'v1beta1', kind: 'X', plural: 'xs', namespaced: true };
    expect(collectionPath(SECRETS)).toBe('/api/v1/secrets');
    expect(collectionPath(instances, 'ns')).toBe('/apis/servicecatalog.k8s.io/v1beta1/namespaces/ns/xs');
    expect(objectPath(instances, { namespace: 'ns', name: 'a/b' }, 'status')).toMatch(/\/ns\/xs\/a%2Fb\/status$/);
    expect(objectPath(NAMESPACES, { name: 'ns' }, 'finalize')).toBe('/api/v1/namespaces/ns/finalize');
    expect(queryString({ limit: 5, continue: undefined, labelSelector: 'a in (b,c)', fieldSelector: '' })).toBe(
      '?limit=5&labelSelector=a+in+%28b%2Cc%29',
    );
    expect(queryString({})).toBe('');
  });

  test('an object without a name is never mistaken for its whole collection', () => {
    expect(() => objectPath(NAMESPACES, { name: '' })).toThrow(TypeError);
    expect(() => objectPath(SECRETS, { name: 'a' })).toThrow('Secret a without a namespace cannot be addressed');
  });

  test('lines come out whole however the stream is cut', async () => {
    const text = fc.array(fc.string({ unit: 'grapheme', minLength: 1 }).map((line) => `x${line.replace(/\n/g, ' ')}`));
    await fc.assert(
      fc.asyncProperty(text, fc.array(fc.integer({ min: 1, max: 9 })), async (expected, cuts) => {
        const bytes = Buffer.from(expected.map((line) => `${line}\n`).join(''));
        const chunks: Buffer[] = [];
        for (let at = 0, n = 0; at < bytes.length; n++) {
          const size = cuts[n % Math.max(1, cuts.length)] ?? 5;
          chunks.push(bytes.subarray(at, at + size));
          at += size;
        }
        expect(await Array.fromAsync(lines(chunked(...chunks)))).toEqual(expected);
      }),
    );
  });

  test('a line without its end is dropped, one without any end is refused', async () => {
    expect(await Array.fromAsync(lines(chunked(Buffer.from('one\ntw'))))).toEqual(['one']);
    const endless = lines(chunked(Buffer.alloc(60), Buffer.alloc(60)), 100);
    await expect(Array.fromAsync(endless)).rejects.toThrow('an event of the watch is larger than 100 bytes');
  });

  test('events are decoded, unknown types skipped, errors and garbage thrown without quoting what came', () => {
    const object = { metadata: { name: 'a', resourceVersion: '5' } };
    expect(decodeEvent(JSON.stringify({ type: 'ADDED', object }))).toEqual({ type: 'ADDED', object });
    expect(decodeEvent(JSON.stringify({ type: 'BOOKMARK', object }))).toEqual({
      type: 'BOOKMARK',
      resourceVersion: '5',
    });
    expect(decodeEvent(JSON.stringify({ type: 'NEW', object }))).toBeUndefined();
    const status = { kind: 'Status', code: 410, reason: 'Expired', message: 'too old' };
    expect(() => decodeEvent(JSON.stringify({ type: 'ERROR', object: status }))).toThrow(
      new KubeApiError(410, 'Expired', 'too old'),
    );
    for (const garbage of [
      '{"password": "hunter2"',
      '{"type":"ADDED","object":null}',
      '{"type":"ADDED","object":{}}',
    ]) {
      expect(() => decodeEvent(garbage)).toThrow(KubeConnectionError);
      expect(() => decodeEvent(garbage)).not.toThrow('hunter2');
    }
  });

  test('an answer that is a Status becomes its error, any other one says what was asked', () => {
    const status = JSON.stringify({
      kind: 'Status',
      reason: 'Conflict',
      message: 'changed',
      details: { retryAfterSeconds: 3 },
    });
    expect(toApiError('PUT url', 409, status, {}, 0)).toMatchObject({
      status: 409,
      reason: 'Conflict',
      message: 'changed',
      retryAfterSeconds: 3,
    });
    expect(toApiError('GET url', 502, '<html>', {}, 0)).toMatchObject({ status: 502, message: 'GET url: HTTP 502' });
    expect(toApiError('GET url', 503, '', { 'retry-after': '7' }, 0).retryAfterSeconds).toBe(7);
    const date = 'Thu, 01 Jan 1970 00:01:00 GMT';
    expect(toApiError('GET url', 503, '', { 'retry-after': date }, 15_000).retryAfterSeconds).toBe(45);
    expect(toApiError('GET url', 503, '', { 'retry-after': 'soon' }, 0).retryAfterSeconds).toBeUndefined();
  });
});

describe('sending a request again', () => {
  const overload = (status: number, after?: number): KubeApiError => new KubeApiError(status, '', '', after);
  const broken = new KubeConnectionError('reset', { code: 'ECONNRESET' });

  test.each([
    ['429 that says when', overload(429, 3), false, 1, 3_000],
    ['429 that does not', overload(429), false, 1, 1_000],
    ['a server that starts up', overload(503, 1), false, 3, 1_000],
    ['too often', overload(503, 1), false, 4, undefined],
    ['503 that says nothing', overload(503), true, 1, undefined],
    ['too long', overload(429, 3_600), true, 1, undefined],
    ['a conflict', overload(409, 1), false, 1, undefined],
    ['a broken connection while reading', broken, true, 1, 0],
    ['a broken connection while reading, again', broken, true, 2, undefined],
    ['a broken connection while writing', broken, false, 1, undefined],
    ['something else', new Error('no'), true, 1, undefined],
  ])('%s', (_reason, thrown, isRead, attempt, expected) => {
    expect(retryDelay(thrown, isRead, attempt)).toBe(expected);
  });
});
