import { KubeApiError, KubeConnectionError } from './client.ts';

/** A request is sent at most this often. */
const ATTEMPTS = 4;
/** A server that asks for more patience than this gets its answer passed on to the caller, who has his own queue. */
const LONGEST_RETRY_AFTER_S = 30;

/**
 * How long to wait before the request is sent again, milliseconds; undefined when the failure is the caller's to deal
 * with. `attempt` counts from 1; `isRead` says that the request changes nothing.
 *
 * 429 says that nothing was done; a 5xx with Retry-After says when to come back (the API server's overload and
 * start-up answers). A broken connection says nothing about what was done, so only reads are sent again, once: that is
 * mostly a kept-alive connection the server had just closed.
 */
export function retryDelay(thrown: unknown, isRead: boolean, attempt: number): number | undefined {
  if (attempt >= ATTEMPTS) return undefined;
  if (thrown instanceof KubeApiError) {
    const seconds = thrown.retryAfterSeconds ?? (thrown.status === 429 ? 1 : undefined);
    if (seconds === undefined || seconds > LONGEST_RETRY_AFTER_S) return undefined;
    return thrown.status === 429 || thrown.status >= 500 ? seconds * 1000 : undefined;
  }
  if (thrown instanceof KubeConnectionError && isRead && attempt === 1) {
    return thrown.code === 'ECONNRESET' || thrown.code === 'UND_ERR_SOCKET' || thrown.code === 'EPIPE' ? 0 : undefined;
  }
  return undefined;
}
