import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { decodeProtobuf } from '../../../../catalog-apiserver/http/protobuf/envelope.ts';
import { ApiError } from '../../../../catalog-apiserver/status.ts';

/** `kubectl create namespace test-ns` (1.32) as it was sent. */
const NAMESPACE = Buffer.from(
  '6b3873000a0f0a02763112094e616d657370616365121f0a170a07746573742d6e7312001a0022002a00320038004200' +
    '12001a020a001a002200',
  'hex',
);

const text = (field: number, value: string | Buffer): Buffer => {
  const bytes = Buffer.from(value);
  return Buffer.concat([varint((field << 3) | 2), varint(bytes.length), bytes]);
};

const integer = (field: number, value: number): Buffer => Buffer.concat([varint(field << 3), varint(value)]);

function varint(value: number): Buffer {
  const bytes: number[] = [];
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return Buffer.from([...bytes, rest]);
    bytes.push((rest % 128) + 128);
  }
}

const envelope = (apiVersion: string, kind: string, raw: Buffer): Buffer =>
  Buffer.concat([Buffer.from('k8s\0'), text(1, Buffer.concat([text(1, apiVersion), text(2, kind)])), text(2, raw)]);

describe('a protobuf body', () => {
  test('of kubectl is the object its JSON would be', () => {
    expect(decodeProtobuf(NAMESPACE)).toEqual({
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name: 'test-ns' },
      spec: {},
      status: {},
    });
  });

  test('has maps, lists, bytes, times and flags', () => {
    const entry = (key: string, value: string | Buffer): Buffer => Buffer.concat([text(1, key), text(2, value)]);
    const owner = Buffer.concat([text(1, 'X'), text(3, 'x'), text(4, 'u'), text(5, 'v1'), integer(6, 1)]);
    const time = integer(1, Date.parse('2026-01-01T00:00:00Z') / 1_000);
    const metadata = Buffer.concat([
      text(1, 's'),
      text(8, time),
      text(11, entry('a', 'b')),
      text(11, entry('c', '')),
      text(13, owner),
      text(14, 'x.y/z'),
      text(14, 'x.y/w'),
    ]);
    const raw = Buffer.concat([
      text(1, metadata),
      text(2, entry('key', Buffer.from([0, 255]))),
      text(3, 'Opaque'),
      integer(5, 1),
    ]);
    expect(decodeProtobuf(envelope('v1', 'Secret', raw))).toEqual({
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: {
        name: 's',
        creationTimestamp: '2026-01-01T00:00:00Z',
        labels: { a: 'b', c: '' },
        ownerReferences: [{ kind: 'X', name: 'x', uid: 'u', apiVersion: 'v1', controller: true }],
        finalizers: ['x.y/z', 'x.y/w'],
      },
      data: { key: 'AP8=' },
      type: 'Opaque',
      immutable: true,
    });
  });

  test('keeps the microseconds of a Lease', () => {
    const spec = Buffer.concat([
      text(1, 'me'),
      integer(2, 15),
      text(4, Buffer.concat([integer(1, 1), integer(2, 123_456_000)])),
    ]);
    expect(decodeProtobuf(envelope('coordination.k8s.io/v1', 'Lease', text(2, spec)))).toMatchObject({
      spec: { holderIdentity: 'me', leaseDurationSeconds: 15, renewTime: '1970-01-01T00:00:01.123456Z' },
    });
  });

  test.each([
    ['not protobuf', Buffer.from('{"kind":"Secret"}'), 400, 'is not protobuf of Kubernetes'],
    ['a kind that is not known', envelope('apps/v1', 'Deployment', Buffer.alloc(0)), 415, 'send application/json'],
    ['a field that is not known', envelope('v1', 'Secret', text(99, 'x')), 400, 'field 99 is not known'],
    ['cut off', NAMESPACE.subarray(0, 40), 400, 'it ends too early'],
    ['a number where a text belongs', envelope('v1', 'Secret', integer(3, 1)), 400, 'bytes were expected'],
    ['bytes that are no text', envelope('v1', 'Secret', text(3, Buffer.from([0xff]))), 400, 'UTF-8'],
  ])('is refused: %s', (_reason, bytes, code, message) => {
    let thrown: unknown;
    try {
      decodeProtobuf(bytes);
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBeInstanceOf(ApiError);
    expect((thrown as ApiError).code).toBe(code);
    expect((thrown as ApiError).message).toContain(message);
  });

  test('of any bytes is decoded or refused, never anything else', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), fc.constantFrom('Secret', 'Namespace', 'Event'), (bytes, kind) => {
        try {
          decodeProtobuf(envelope('v1', kind, Buffer.from(bytes)));
        } catch (thrown) {
          expect(thrown).toBeInstanceOf(ApiError);
        }
      }),
      { numRuns: 500 },
    );
  });
});
