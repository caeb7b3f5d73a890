import { request } from 'node:https';
import { request as plainRequest } from 'node:http';
import { waitUntil } from './wait-until.ts';

export interface ReadyCheck {
  /** `https://127.0.0.1:8443/readyz`. */
  readonly url: string;
  /** PEM of the authority to trust. */
  readonly ca?: string;
  /** What answers there, for the message. */
  readonly what: string;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

/** Resolves as soon as the address answers 200. Throws, with what it answered last, when it does not in time. */
export async function waitForHttp(check: ReadyCheck): Promise<void> {
  await waitUntil(() => ask(check), {
    what: check.what,
    timeoutMs: check.timeoutMs,
    intervalMs: 100,
    signal: check.signal,
  });
}

async function ask(check: ReadyCheck): Promise<true> {
  return new Promise((resolve, reject) => {
    const send = check.url.startsWith('https:') ? request : plainRequest;
    const options = { agent: false, timeout: 5_000, signal: check.signal, ...(check.ca ? { ca: check.ca } : {}) };
    const call = send(check.url, options, (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (chunk: string) => {
        body = (body + chunk).slice(0, 500);
      });
      response.on('end', () => {
        if (response.statusCode === 200) resolve(true);
        else reject(new Error(`it answers ${String(response.statusCode)} ${body.trim()}`));
      });
      response.on('error', reject);
    });
    call.on('timeout', () => {
      call.destroy(new Error('it does not answer'));
    });
    call.on('error', reject);
    call.end();
  });
}
