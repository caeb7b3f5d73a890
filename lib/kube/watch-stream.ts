import { KubeConnectionError } from './client.ts';
import type { WatchEvent } from './client.ts';
import type { KubeObject } from './objects.ts';
import { watchError } from './response-status.ts';

/** The largest event that is read: a Kubernetes object is at most about 1.5 MB, and a Table row repeats nothing. */
const MAXIMUM_EVENT_BYTES = 16 * 1024 * 1024;

const NEWLINE = 10;

/** Splits a stream of bytes into lines, however they were cut into chunks. A last line without its end is dropped. */
export async function* lines(chunks: AsyncIterable<Buffer>, limit = MAXIMUM_EVENT_BYTES): AsyncGenerator<string> {
  let rest: Buffer[] = [];
  let restSize = 0;
  for await (const chunk of chunks) {
    let from = 0;
    for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, from)) {
      const line = Buffer.concat([...rest, chunk.subarray(from, end)]).toString('utf8');
      rest = [];
      restSize = 0;
      from = end + 1;
      if (line.trim() !== '') yield line;
    }
    if (from < chunk.length) {
      rest.push(chunk.subarray(from));
      restSize += chunk.length - from;
      if (restSize > limit) throw new KubeConnectionError(`an event of the watch is larger than ${limit} bytes`);
    }
  }
}

/**
 * One line of a watch as an event. Throws {@link KubeApiError} for an `ERROR` event and {@link KubeConnectionError}
 * for a line that is no event. Types this version does not know are undefined, to be skipped.
 */
export function decodeEvent<T extends KubeObject>(line: string): WatchEvent<T> | undefined {
  let event: { type?: unknown; object?: Partial<KubeObject> | null };
  try {
    event = JSON.parse(line) as typeof event;
  } catch {
    // The line may be half a Secret: it stays out of the message.
    throw new KubeConnectionError('the watch sent a line that is not JSON');
  }
  const { type, object } = event;
  if (type === 'ERROR') throw watchError(object);
  const resourceVersion = object?.metadata?.resourceVersion;
  if (typeof resourceVersion !== 'string') {
    throw new KubeConnectionError('the watch sent an event without a resource version');
  }
  switch (type) {
    case 'ADDED':
    case 'MODIFIED':
    case 'DELETED':
      return { type, object: object as T };
    case 'BOOKMARK':
      return { type, resourceVersion };
    default:
      return undefined;
  }
}
