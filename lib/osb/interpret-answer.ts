import type { IncomingHttpHeaders } from 'node:http';
import type { Validated } from './faults.ts';
import { formatFaults } from './faults.ts';
import { parseRetryAfter } from './headers.ts';
import type { Exchange } from './http-exchange.ts';
import { explainNetworkError } from './network-error.ts';
import type { ErrorAnswer, Outcome } from './outcome.ts';
import { quotable } from './quote.ts';
import { validateErrorBody } from './validate-response.ts';

/** What the answers of one operation may be. */
export interface AnswerRule<T> {
  /** Statuses that mean it is done. */
  readonly done: readonly (200 | 201)[];
  /** 202 is an answer (the request had accepts_incomplete=true). */
  readonly async: boolean;
  /** 410 means it is done, and an empty body is as good as `{}` (deprovision and unbind). */
  readonly deletes: boolean;
  readonly validate: (body: unknown) => Validated<T>;
}

/** What an answer is seen with. */
export interface Reading {
  /** What the request's deadline was, milliseconds, for the message. */
  readonly timeoutMs: number;
  /** Milliseconds since the epoch, for a Retry-After that is a date. */
  readonly now: number;
  /** Takes our credentials out of a text, before it is shortened: a broker may send back what it was sent. */
  readonly redact: (text: string) => string;
}

const MAX_QUOTED = 300;
const MAX_MESSAGE = 2_000;

/** What an exchange means by spec.md. Never quotes the body of a success, which may hold credentials. */
export function interpretExchange<T extends object>(
  result: Exchange,
  rule: AnswerRule<T>,
  reading: Reading,
): Outcome<T> {
  const why = (error: Error): string => quotable(reading.redact(explainNetworkError(error)), MAX_QUOTED);
  switch (result.kind) {
    case 'unreachable':
      return { kind: 'unreachable', message: `the broker cannot be reached: ${why(result.error)}` };
    case 'timed-out':
      return {
        kind: 'timed-out',
        message: `the broker did not answer completely within ${reading.timeoutMs / 1_000} s`,
      };
    case 'too-long':
      return { kind: 'nonsense', status: result.status, message: `the broker's answer (${result.status}) is too long` };
    case 'broken':
      return {
        kind: 'nonsense',
        ...(result.status === undefined ? {} : { status: result.status }),
        message: `the broker's answer was cut off or is not HTTP: ${why(result.error)}`,
      };
    case 'answer':
      return interpretAnswer(result, rule, reading);
  }
}

interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

function interpretAnswer<T extends object>(answer: Answer, rule: AnswerRule<T>, reading: Reading): Outcome<T> {
  const { status, headers } = answer;
  const retry = retryAfter(headers, reading.now);
  const nonsense = (problem: string): Outcome<T> => ({
    kind: 'nonsense',
    status,
    message: `the broker answered ${status} with ${quotable(reading.redact(problem), MAX_MESSAGE)}`,
  });
  if (status === 410 && rule.deletes) return { kind: 'success', status, body: emptyBody(rule) };
  if (status >= 500 && status < 600) return { kind: 'failed', ...errorAnswer(answer, reading), ...retry };
  if (status >= 400 && status < 500) return { kind: 'rejected', ...errorAnswer(answer, reading), ...retry };
  if (status >= 300 && status < 400) {
    return nonsense(`a redirect${redirectTarget(headers)}, which is not followed`);
  }
  const done = rule.done.find((candidate) => candidate === status);
  if (done === undefined && !(status === 202 && rule.async)) {
    return nonsense('a status the specification does not have for this request');
  }
  // A delete has nothing to tell; with 202 the operation is optional, and polling is safer than calling it a failure.
  const mayBeEmpty = rule.deletes || status === 202;
  const parsed = parseBody(answer, mayBeEmpty);
  if (!parsed.ok) return nonsense(parsed.problem);
  const validated = rule.validate(parsed.value);
  if (!validated.ok) return nonsense(`a body of the wrong shape: ${formatFaults(validated.faults)}`);
  const body = validated.value;
  if (done !== undefined) return { kind: 'success', status: done, body, ...retry };
  const operation = 'operation' in body && typeof body.operation === 'string' ? { operation: body.operation } : {};
  return { kind: 'accepted', body, ...operation, ...retry };
}

function retryAfter(headers: IncomingHttpHeaders, now: number): { retryAfterSeconds?: number } {
  const retryAfterSeconds = parseRetryAfter(headers['retry-after'], now);
  return retryAfterSeconds === undefined ? {} : { retryAfterSeconds };
}

/** Only the host: a path or a query may carry a token. */
function redirectTarget(headers: IncomingHttpHeaders): string {
  const location = headers.location;
  if (location === undefined || !URL.canParse(location)) return '';
  return ` to ${new URL(location).host}`;
}

function emptyBody<T>(rule: AnswerRule<T>): T {
  const empty = rule.validate({});
  if (!empty.ok) throw new TypeError('an operation that deletes must accept an empty answer');
  return empty.value;
}

type ParsedBody = { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly problem: string };

/** The body as JSON. What JSON.parse says about a fault is left out, since it quotes the text. */
function parseBody(answer: Answer, mayBeEmpty: boolean): ParsedBody {
  const text = decode(answer);
  if (text === undefined) return { ok: false, problem: 'a body that is compressed or not UTF-8' };
  if (text.trim() === '') {
    return mayBeEmpty ? { ok: true, value: {} } : { ok: false, problem: 'an empty body' };
  }
  try {
    const value: unknown = JSON.parse(text);
    return { ok: true, value: value === null && mayBeEmpty ? {} : value };
  } catch {
    const type = answer.headers['content-type'];
    return { ok: false, problem: `a body that is not JSON${type ? ` (${type})` : ''}` };
  }
}

function decode({ body, headers }: Answer): string | undefined {
  const encoding = headers['content-encoding'];
  if (encoding !== undefined && encoding !== 'identity') return undefined;
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(body);
  } catch {
    return undefined;
  }
}

/** The error as the specification writes it, or else some words of whatever text there is. */
function errorAnswer(answer: Answer, { redact }: Reading): ErrorAnswer {
  const { status } = answer;
  const parsed = parseBody(answer, true);
  const validated = parsed.ok ? validateErrorBody(parsed.value) : undefined;
  if (!validated?.ok) {
    const words = quotable(redact(decode(answer) ?? ''), MAX_QUOTED);
    return words === '' ? { status } : { status, description: words };
  }
  const { error, description, ...rest } = validated.value;
  const shown = {
    ...(error === undefined || error === '' ? {} : { error: quotable(redact(error), 100) }),
    ...(description === undefined || description === ''
      ? {}
      : { description: quotable(redact(description), MAX_MESSAGE) }),
  };
  return { status, ...shown, body: { ...rest, ...shown } };
}
