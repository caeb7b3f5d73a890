import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Agent, request as httpsRequest } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { TestApiServer } from './api-server.ts';
import type { JsonValue } from './json-value.ts';

/** An exchange as it was, before placeholders. */
export interface RawExchange {
  readonly method: string;
  readonly path: string;
  readonly accept?: string;
  readonly contentType?: string;
  readonly impersonates?: string;
  readonly body: Buffer;
  readonly status: number;
  readonly answerType: string;
  readonly answer: Buffer;
}

/** Stands before an API server, without TLS and as its administrator, and keeps what passes through. */
export interface RecordingProxy {
  readonly url: string;
  /** What passed since the last call. */
  take(): RawExchange[];
  stop(): Promise<void>;
}

export async function startRecordingProxy(server: TestApiServer): Promise<RecordingProxy> {
  const agent = new Agent({ ca: server.ca, cert: server.admin.certificate, key: server.admin.privateKey });
  let exchanges: RawExchange[] = [];
  const proxy = createServer((request, response) => {
    void forward(server.url, agent, request, response).then((exchange) => exchanges.push(exchange));
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`,
    take: () => {
      const taken = exchanges;
      exchanges = [];
      return taken;
    },
    stop: async () => {
      proxy.closeAllConnections();
      await new Promise((resolve) => proxy.close(resolve));
      agent.destroy();
    },
  };
}

async function forward(
  url: string,
  agent: Agent,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<RawExchange> {
  const body = Buffer.concat(await Array.fromAsync(request as AsyncIterable<Buffer>));
  const { method = 'GET', url: path = '/', headers } = request;
  const { accept, 'content-type': contentType } = headers;
  const impersonates = request.headersDistinct['impersonate-user']?.[0];
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    const upstream = httpsRequest(`${url}${path}`, { method, headers, agent }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      response.flushHeaders();
      answer.on('data', (chunk: Buffer) => {
        chunks.push(chunk);
        response.write(chunk);
      });
      // kubectl leaves a watch when it has seen enough; that ends the exchange too.
      answer.once('close', () => {
        response.end();
        resolve({
          method,
          path,
          ...(accept === undefined ? {} : { accept }),
          ...(contentType === undefined ? {} : { contentType }),
          ...(impersonates === undefined ? {} : { impersonates }),
          body,
          status: answer.statusCode ?? 0,
          answerType: answer.headers['content-type'] ?? '',
          answer: Buffer.concat(chunks),
        });
      });
    });
    upstream.on('error', () => response.destroy());
    response.once('close', () => upstream.destroy());
    upstream.end(body);
  });
}

/** JSON when it is, else the bytes. */
export function bodyValue(bytes: Buffer): JsonValue {
  try {
    return JSON.parse(bytes.toString('utf8')) as JsonValue;
  } catch {
    return `base64:${bytes.toString('base64')}`;
  }
}
