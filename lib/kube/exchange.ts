import type { IncomingHttpHeaders } from 'node:http';
import type { Dispatcher } from 'undici';
import { toError } from '../runtime/errors.ts';
import { KubeConnectionError, TOO_LARGE } from './client.ts';

/** A whole answer. */
export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

/**
 * One request and its whole answer, without the streams that undici's `request` would put in between: a controller
 * makes thousands of small requests, and the streams cost more than all the rest.
 *
 * Rejects with the signal's reason when it aborts, which also ends the connection, with {@link KubeConnectionError}
 * of the code {@link TOO_LARGE} when the body is larger than `maximumBytes(status)`, and with undici's error otherwise.
 */
export function exchange(
  dispatcher: Dispatcher,
  request: Dispatcher.DispatchOptions,
  maximumBytes: (status: number) => number,
  signal: AbortSignal,
): Promise<Answer> {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  let connection: Dispatcher.DispatchController | undefined;
  let failure: Error | undefined;
  let status = 0;
  let headers: IncomingHttpHeaders = {};
  const chunks: Buffer[] = [];
  let size = 0;
  const fail = (error: Error): void => {
    failure ??= error;
    signal.removeEventListener('abort', onAbort);
    reject(failure);
    connection?.abort(failure);
  };
  const onAbort = (): void => {
    fail(toError(signal.reason));
  };
  if (signal.aborted) return Promise.reject(toError(signal.reason));
  signal.addEventListener('abort', onAbort, { once: true });
  const handler: Dispatcher.DispatchHandler = {
    onRequestStart(controller) {
      connection = controller;
      // It waited for a connection longer than its caller did: it must not be written any more.
      if (failure !== undefined) controller.abort(failure);
    },
    onResponseStart(_controller, statusCode, responseHeaders) {
      status = statusCode;
      headers = responseHeaders;
    },
    onResponseData(_controller, chunk) {
      size += chunk.length;
      const limit = maximumBytes(status);
      if (size > limit) {
        fail(new KubeConnectionError(`the answer is larger than ${limit} bytes`, { code: TOO_LARGE }));
      } else chunks.push(chunk);
    },
    onResponseEnd() {
      signal.removeEventListener('abort', onAbort);
      const [only] = chunks;
      const body = chunks.length === 1 && only !== undefined ? only : Buffer.concat(chunks, size);
      resolve({ status, headers, text: body.toString('utf8') });
    },
    onResponseError(_controller, error) {
      fail(error);
    },
  };
  dispatcher.dispatch(request, handler);
  return promise;
}
