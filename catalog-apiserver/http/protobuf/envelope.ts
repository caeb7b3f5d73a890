import { badRequest, unsupportedMediaType } from '../../status.ts';
import { MESSAGES } from './messages.ts';
import { decodeMessage, WireError } from './wire.ts';
import type { Message } from './wire.ts';

/** What Go clients send for built-in kinds unless told otherwise, such as `kubectl create secret`. */
export const PROTOBUF_TYPE = 'application/vnd.kubernetes.protobuf';

/** Every body starts with these four bytes. */
const MAGIC = Buffer.from('k8s\0');

/** `runtime.Unknown`: what is inside, and its bytes. */
const ENVELOPE: Message = new Map([
  [
    1,
    {
      name: 'type',
      type: new Map([
        [1, { name: 'apiVersion', type: 'string' }],
        [2, { name: 'kind', type: 'string' }],
      ]),
    },
  ],
  [2, { name: 'raw', type: 'bytes' }],
  [3, { name: 'contentEncoding', type: 'string' }],
  [4, { name: 'contentType', type: 'string' }],
]);

/**
 * The object in a protobuf body, as its JSON would be. Answers are always JSON: clients that send protobuf accept it.
 * Throws 400 for bytes that are no such body, 415 for a kind that is not known in protobuf.
 */
export function decodeProtobuf(body: Uint8Array): Record<string, unknown> {
  if (!MAGIC.equals(body.subarray(0, MAGIC.length)))
    throw badRequest('the body of the request is not protobuf of Kubernetes');
  try {
    const { type, raw } = decodeMessage(body.subarray(MAGIC.length), ENVELOPE) as {
      type?: { apiVersion?: string; kind?: string };
      raw?: string;
    };
    const { apiVersion = '', kind = '' } = type ?? {};
    const message = MESSAGES.get(`${apiVersion}/${kind}`);
    if (message === undefined)
      throw unsupportedMediaType(`${kind} of ${apiVersion} is not known in protobuf here; send application/json`);
    return { ...decodeMessage(Buffer.from(raw ?? '', 'base64'), message), apiVersion, kind };
  } catch (thrown) {
    if (!(thrown instanceof WireError)) throw thrown;
    throw badRequest(`the body of the request cannot be decoded as protobuf: ${thrown.message}; send application/json`);
  }
}
