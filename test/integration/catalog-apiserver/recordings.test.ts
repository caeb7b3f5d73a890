import { readdirSync, readFileSync } from 'node:fs';
import { request as httpsRequest } from 'node:https';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { startTestApiServer } from '../../support/api-server.ts';
import type { TestApiServer } from '../../support/api-server.ts';
import type { JsonValue } from '../../support/json-value.ts';
import { Bindings } from '../../support/recording.ts';
import type { Exchange, Recording } from '../../support/recording.ts';

/**
 * What kubectl sent and was answered (kubectl.test.ts says how it was recorded), sent again to an empty server without
 * kubectl: each answer has to be the same, apart from what differs from run to run.
 */
const FOLDER = join(import.meta.dirname, '../../recordings');
const RECORDINGS = readdirSync(FOLDER)
  .filter((name) => name.endsWith('.json'))
  .map((name) => JSON.parse(readFileSync(join(FOLDER, name), 'utf8')) as Recording);

describe.each(RECORDINGS)('what kubectl $kubectl sent: $scenario', ({ commands }) => {
  let server: TestApiServer;
  const bindings = new Bindings();

  beforeAll(async () => {
    server = await startTestApiServer();
  });

  afterAll(async () => {
    await server.stop();
  });

  test.each(commands)('$command', async ({ exchanges }) => {
    for (const exchange of exchanges) {
      const { status, answer } = await replay(server, bindings, exchange);
      const expected = exchange.answer === undefined ? {} : { answer: bindings.expectation(exchange.answer, answer) };
      const actual = exchange.answer === undefined ? {} : { answer };
      const { method, path } = exchange;
      expect({ method, path, status, ...actual }).toEqual({ method, path, status: exchange.status, ...expected });
    }
  });
});

async function replay(
  server: TestApiServer,
  bindings: Bindings,
  exchange: Exchange,
): Promise<{ status: number; answer?: JsonValue }> {
  const body = exchange.body === undefined ? undefined : encode(bindings.resolve(exchange.body));
  const isWatch = exchange.path.includes('watch=true');
  return new Promise((resolve, reject) => {
    const request = httpsRequest(
      `${server.url}${bindings.resolveText(exchange.path)}`,
      {
        method: exchange.method,
        ca: server.ca,
        cert: server.admin.certificate,
        key: server.admin.privateKey,
        headers: {
          ...(exchange.accept === undefined ? {} : { accept: exchange.accept }),
          ...(exchange.contentType === undefined ? {} : { 'content-type': exchange.contentType }),
          ...(exchange.impersonates === undefined ? {} : { 'impersonate-user': exchange.impersonates }),
          ...(body === undefined ? {} : { 'content-length': body.length }),
        },
      },
      (response) => {
        let text = '';
        const finish = (last: string): void => {
          resolve({ status: response.statusCode ?? 0, ...decode(last) });
          request.destroy();
        };
        response.setEncoding('utf8');
        response.on('data', (chunk: string) => {
          text += chunk;
          if (isWatch && hasLastEvent(text, exchange)) finish(text.trim().split('\n').at(-1) ?? '');
        });
        response.on('end', () => {
          finish(text);
        });
        // A watch in which kubectl saw nothing has been answered when it is open.
        if (isWatch && exchange.answer === undefined) finish('');
      },
    );
    request.on('error', reject);
    request.end(body);
  });
}

/** Whether a watch has told what kubectl was waiting for: an event of the type it left the watch with. */
function hasLastEvent(text: string, exchange: Exchange): boolean {
  const type = (exchange.answer as { type: string } | undefined)?.type;
  const last = text.trim().split('\n').at(-1) ?? '';
  return text.endsWith('\n') && (JSON.parse(last) as { type: string }).type === type;
}

function encode(body: JsonValue): Buffer {
  if (typeof body === 'string' && body.startsWith('base64:')) return Buffer.from(body.slice(7), 'base64');
  return Buffer.from(JSON.stringify(body));
}

function decode(text: string): { answer?: JsonValue } {
  if (text === '') return {};
  try {
    return { answer: JSON.parse(text) as JsonValue };
  } catch {
    return {};
  }
}
