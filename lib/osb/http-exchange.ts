import type { IncomingHttpHeaders } from 'node:http';
import type { Dispatcher } from 'undici';

/** A request, ready to be written. */
export interface ExchangeRequest {
  readonly method: 'GET' | 'PUT' | 'PATCH' | 'DELETE';
  /** Path and query, percent-encoded. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
}

export interface ExchangeLimits {
  /** From now until the last byte of the answer, milliseconds. */
  readonly timeoutMs: number;
  readonly maxBodyBytes: number;
  /** The caller's own; when it aborts the exchange rejects with its reason. */
  readonly signal?: AbortSignal;
}

/** How one HTTP exchange ended, before anybody looked into the answer. */
export type Exchange =
  | { readonly kind: 'answer'; readonly status: number; readonly headers: IncomingHttpHeaders; readonly body: Buffer }
  /** No connection carried the request: the other side cannot have seen it. */
  | { readonly kind: 'unreachable'; readonly error: Error }
  /** Written, at least in part, and no whole answer within the deadline. */
  | { readonly kind: 'timed-out'; readonly status?: number }
  /** The answer is longer than allowed. */
  | { readonly kind: 'too-long'; readonly status: number }
  /** The connection ended or broke HTTP's rules after the request was written. */
  | { readonly kind: 'broken'; readonly error: Error; readonly status?: number };

class DeadlineError extends Error {
  override readonly name = 'DeadlineError';
}

/**
 * One request and its whole answer. What the result rests on: a dispatcher calls `onRequestStart` when it has a
 * connection and is about to write, so an error before it proves that the other side knows nothing, and one after it proves nothing.
 */
export function exchange(
  dispatcher: Dispatcher,
  origin: string,
  request: ExchangeRequest,
  limits: ExchangeLimits,
): Promise<Exchange> {
  return new Promise((resolve, reject) => {
    let written = false;
    let status: number | undefined;
    let headers: IncomingHttpHeaders = {};
    let connection: Dispatcher.DispatchController | undefined;
    let settled = false;
    const chunks: Buffer[] = [];
    let length = 0;

    const settle = (finish: () => void, abort?: Error): void => {
      if (settled) return;
      settled = true;
      clearTimeout(deadline);
      limits.signal?.removeEventListener('abort', onAbort);
      // Ends the connection, so that whatever is still on its way is not read.
      if (abort) connection?.abort(abort);
      finish();
    };
    const end = (result: Exchange, abort?: Error): void => {
      settle(() => {
        resolve(result);
      }, abort);
    };
    const withStatus = (): { status?: number } => (status === undefined ? {} : { status });

    const onDeadline = (): void => {
      const error = new DeadlineError(`no connection within ${limits.timeoutMs} ms`);
      end(written ? { kind: 'timed-out', ...withStatus() } : { kind: 'unreachable', error }, error);
    };
    const onAbort = (): void => {
      const reason = abortReason(limits.signal);
      settle(() => {
        reject(reason);
      }, reason);
    };
    const deadline = setTimeout(onDeadline, limits.timeoutMs);
    if (limits.signal?.aborted) {
      onAbort();
      return;
    }
    limits.signal?.addEventListener('abort', onAbort, { once: true });

    const tooLong = (): void => {
      end({ kind: 'too-long', status: status ?? 0 }, new Error('the body is too long'));
    };

    const handler: Dispatcher.DispatchHandler = {
      onRequestStart(controller) {
        connection = controller;
        // Waited for a connection longer than the caller did: it must not be written any more.
        if (settled) controller.abort(new Error('given up before it was written'));
        else written = true;
      },
      onResponseStart(_controller, statusCode, responseHeaders) {
        if (statusCode < 200) return;
        status = statusCode;
        headers = responseHeaders;
        const announced = responseHeaders['content-length'];
        if (typeof announced === 'string' && Number(announced) > limits.maxBodyBytes) tooLong();
      },
      onResponseData(_controller, chunk) {
        if (settled) return;
        length += chunk.length;
        if (length > limits.maxBodyBytes) tooLong();
        else chunks.push(Buffer.from(chunk));
      },
      onResponseEnd() {
        end({ kind: 'answer', status: status ?? 0, headers, body: Buffer.concat(chunks, length) });
      },
      onResponseError(_controller, error) {
        end(written ? { kind: 'broken', error, ...withStatus() } : { kind: 'unreachable', error });
      },
    };
    dispatcher.dispatch({ origin, ...request, body: request.body ?? null, headers: request.headers }, handler);
  });
}

function abortReason(signal: AbortSignal | undefined): Error {
  const reason: unknown = signal?.reason;
  return reason instanceof Error ? reason : new Error('aborted', { cause: reason });
}
