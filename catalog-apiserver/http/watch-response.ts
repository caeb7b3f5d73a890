import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import type { KubeObject } from '../../lib/kube/objects.ts';
import { apiVersionOf } from '../../lib/kube/objects.ts';
import type { Kind } from '../kinds/kind.ts';
import type { WatchEvent } from '../registry/watch.ts';

/**
 * Writes events as lines of JSON until they end. `encode` makes the JSON text of an object. A client that reads slowly
 * is waited for, which holds up nobody else.
 */
export async function sendWatch(
  response: ServerResponse,
  kind: Kind,
  events: AsyncIterable<readonly WatchEvent[]>,
  encode: (event: Extract<WatchEvent, { stored: unknown }>['stored']) => string,
  signal: AbortSignal,
): Promise<void> {
  response.writeHead(200, { 'Content-Type': 'application/json', 'Cache-Control': 'no-cache, private' });
  // The client learns at once that it is watching, also when nothing happens for a long time.
  response.flushHeaders();
  for await (const batch of events) {
    if (signal.aborted) break;
    const text = batch.map((event) => lineOf(event, kind, encode)).join('');
    if (text !== '' && !response.write(text)) await once(response, 'drain', { signal }).catch(() => undefined);
  }
  response.end();
}

function lineOf(
  event: WatchEvent,
  kind: Kind,
  encode: (stored: Extract<WatchEvent, { stored: unknown }>['stored']) => string,
): string {
  switch (event.type) {
    case 'ADDED':
    case 'MODIFIED':
    case 'DELETED':
      return `{"type":"${event.type}","object":${encode(event.stored)}}\n`;
    case 'BOOKMARK':
      return `${JSON.stringify({ type: 'BOOKMARK', object: bookmark(event, kind) })}\n`;
    case 'ERROR':
      return `${JSON.stringify({ type: 'ERROR', object: event.error.toStatus() })}\n`;
  }
}

function bookmark(event: Extract<WatchEvent, { type: 'BOOKMARK' }>, kind: Kind): KubeObject {
  return {
    kind: kind.resource.kind,
    apiVersion: apiVersionOf(kind.resource),
    metadata: {
      resourceVersion: String(event.revision),
      ...(event.initialEventsEnd ? { annotations: { 'k8s.io/initial-events-end': 'true' } } : {}),
    },
  };
}
