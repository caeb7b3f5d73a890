import { Agent, request as httpsRequest } from 'node:https';
import type { IncomingMessage } from 'node:http';
import type { CertifiedKey } from '../../lib/runtime/tls.ts';

/** What it takes to reach an API server. */
export interface ApiAddress {
  readonly url: string;
  readonly ca: string;
  /** Who to be; nobody when absent. */
  readonly identity?: CertifiedKey;
}

export interface Answer {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly text: string;
  readonly body: AnswerBody;
}

/**
 * The answer's JSON, as far as tests look into it: an object, a list or a Status. Everything counts as there; what is
 * not fails the test that reads it.
 */
export interface AnswerBody {
  readonly kind: string;
  readonly apiVersion: string;
  readonly metadata: {
    readonly name: string;
    readonly uid: string;
    readonly resourceVersion: string;
    readonly generation: number;
    readonly deletionTimestamp: string;
    readonly finalizers: readonly string[];
    readonly annotations: Readonly<Record<string, string>>;
    readonly continue: string;
    readonly remainingItemCount: number;
  };
  readonly spec: Readonly<Record<string, unknown>>;
  readonly data: Readonly<Record<string, string>>;
  readonly items: readonly AnswerBody[];
}

export interface RequestOptions {
  readonly headers?: Readonly<Record<string, string>>;
  /** Text and bytes are sent as they are, everything else as JSON. */
  readonly body?: unknown;
}

/** Plain HTTPS requests, so that a test sees exactly what a server answers. */
export class ApiRequests {
  readonly #address: ApiAddress;
  readonly #agent: Agent;

  constructor(address: ApiAddress) {
    this.#address = address;
    const { identity } = address;
    this.#agent = new Agent({
      ca: address.ca,
      keepAlive: true,
      ...(identity === undefined ? {} : { cert: identity.certificate, key: identity.privateKey }),
    });
  }

  get(path: string, headers: Readonly<Record<string, string>> = {}): Promise<Answer> {
    return this.send('GET', path, { headers });
  }

  post(path: string, body: unknown): Promise<Answer> {
    return this.send('POST', path, { body });
  }

  put(path: string, body: unknown): Promise<Answer> {
    return this.send('PUT', path, { body });
  }

  /** A merge patch. */
  patch(path: string, body: unknown): Promise<Answer> {
    return this.send('PATCH', path, { body, headers: { 'content-type': 'application/merge-patch+json' } });
  }

  delete(path: string, body?: unknown): Promise<Answer> {
    return this.send('DELETE', path, body === undefined ? {} : { body });
  }

  async send(method: string, path: string, { headers = {}, body }: RequestOptions = {}): Promise<Answer> {
    const response = await this.#open(method, path, headers, body);
    let text = '';
    response.setEncoding('utf8');
    for await (const chunk of response as AsyncIterable<string>) text += chunk;
    return { status: response.statusCode ?? 0, headers: response.headers, text, body: parse(text) as AnswerBody };
  }

  /** Events of a watch, until the server ends it or the reader leaves it. */
  async *watch(path: string): AsyncGenerator<WatchLine, void> {
    const response = await this.#open('GET', path, {}, undefined);
    if (response.statusCode !== 200) throw new Error(`the watch was answered ${response.statusCode ?? 0}`);
    response.setEncoding('utf8');
    let rest = '';
    try {
      for await (const chunk of response as AsyncIterable<string>) {
        const lines = (rest + chunk).split('\n');
        rest = lines.pop() ?? '';
        for (const line of lines) yield JSON.parse(line) as WatchLine;
      }
    } finally {
      response.destroy();
    }
  }

  /** Closes the connections that are kept. */
  close(): void {
    this.#agent.destroy();
  }

  #open(
    method: string,
    path: string,
    headers: Readonly<Record<string, string>>,
    body: unknown,
  ): Promise<IncomingMessage> {
    const raw = typeof body === 'string' || body instanceof Uint8Array;
    const content = body === undefined ? undefined : raw ? body : JSON.stringify(body);
    return new Promise((resolve, reject) => {
      const request = httpsRequest(
        `${this.#address.url}${path}`,
        {
          method,
          agent: this.#agent,
          headers: {
            ...(content === undefined
              ? {}
              : {
                  'content-type': 'application/json',
                  ...('transfer-encoding' in headers ? {} : { 'content-length': Buffer.byteLength(content) }),
                }),
            ...headers,
          },
        },
        resolve,
      );
      request.on('error', reject);
      request.end(content);
    });
  }
}

export interface WatchLine {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR';
  readonly object: AnswerBody;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
