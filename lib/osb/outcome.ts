import type { OsbErrorBody } from './types.ts';

/**
 * How a call to a broker ended. Every end is a value; the client throws only for a programmer's mistake or when the
 * caller's own signal aborts.
 */
export type Outcome<T> =
  /** 200 or 201 with a body the specification allows; for deprovision and unbind also 410; for the catalog also 304. */
  | {
      readonly kind: 'success';
      readonly status: 200 | 201 | 304 | 410;
      readonly body: T;
      /** When to poll again, from last_operation. */
      readonly retryAfterSeconds?: number;
    }
  /** 202: the broker goes on by itself; poll last_operation with `operation`. */
  | { readonly kind: 'accepted'; readonly operation?: string; readonly body: T; readonly retryAfterSeconds?: number }
  /** 4xx other than the above: the broker has said no. */
  | ({ readonly kind: 'rejected' } & ErrorAnswer)
  /** 5xx: the broker failed and what it did is unknown. */
  | ({ readonly kind: 'failed' } & ErrorAnswer)
  /** No whole answer in time; what the broker did is unknown. */
  | { readonly kind: 'timed-out'; readonly message: string }
  /** The request never reached the broker (refused, name unknown, TLS not trusted); nothing was done. */
  | { readonly kind: 'unreachable'; readonly message: string }
  /** An answer that is no OSB answer: not JSON, a wrong shape, a redirect, too long, cut off; what was done is unknown. */
  | { readonly kind: 'nonsense'; readonly status?: number; readonly message: string };

/** An HTTP error of a broker. */
export interface ErrorAnswer {
  readonly status: number;
  /** The OSB error code such as `ConcurrencyError`, when there was one. */
  readonly error?: OsbErrorBody['error'];
  readonly description?: string;
  readonly retryAfterSeconds?: number;
  /** The fields of the error the specification knows, when the body was such an error. */
  readonly body?: OsbErrorBody;
}
