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

const MAX_QUOTED = 300;
const MAX_ERROR_DESCRIPTION = 2_000;

/**
 * What an exchange means by spec.md. Never quotes the body of a success, which may hold credentials. `now` is in
 * milliseconds, for a Retry-After that is a date.
 */
export function interpretExchange<T extends object>(
  result: Exchange,
  rule: AnswerRule<T>,
  timeoutMs: number,
  now: number,
): Outcome<T> {
  switch (result.kind) {
    case 'unreachable':
      return { kind: 'unreachable', message: `the broker cannot be reached: ${explainNetworkError(result.error)}` };
    case 'timed-out':
      return { kind: 'timed-out', message: `the broker did not answer completely within ${timeoutMs / 1_000} s` };
    case 'too-long':
      return { kind: 'nonsense', status: result.status, message: `the broker's answer (${result.status}) is too long` };
    case 'broken':
      return {
        kind: 'nonsense',
        ...(result.status === undefined ? {} : { status: result.status }),
        message: `the broker's answer was cut off or is not HTTP: ${explainNetworkError(result.error)}`,
      };
    case 'answer':
      return interpretAnswer(result, rule, now);
  }
}

interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

function interpretAnswer<T extends object>(answer: Answer, rule: AnswerRule<T>, now: number): Outcome<T> {
  const { status } = answer;
  const retry = retryAfter(answer.headers, now);
  if (status === 410 && rule.deletes) return { kind: 'success', status, body: emptyBody(rule) };
  if (status >= 500 && status < 600) return { kind: 'failed', ...errorAnswer(answer), ...retry };
  if (status >= 400 && status < 500) return { kind: 'rejected', ...errorAnswer(answer), ...retry };
  if (status >= 300 && status < 400)
    return nonsense(status, `a redirect${redirectTarget(answer.headers)}, which is not followed`);
  const done = rule.done.find((candidate) => candidate === status);
  if (done === undefined && !(status === 202 && rule.async)) {
    return nonsense(status, 'a status the specification does not have for this request');
  }
  // A delete has nothing to tell; with 202 the operation is optional, and polling is safer than calling it a failure.
  const mayBeEmpty = rule.deletes || status === 202;
  const parsed = parseBody(answer, mayBeEmpty);
  if (!parsed.ok) return nonsense(status, parsed.problem);
  const validated = rule.validate(parsed.value);
  if (!validated.ok) return nonsense(status, `a body of the wrong shape: ${formatFaults(validated.faults)}`);
  const body = validated.value;
  if (done !== undefined) return { kind: 'success', status: done, body, ...retry };
  const operation = 'operation' in body && typeof body.operation === 'string' ? { operation: body.operation } : {};
  return { kind: 'accepted', body, ...operation, ...retry };
}

function nonsense(status: number, problem: string): { kind: 'nonsense'; status: number; message: string } {
  return { kind: 'nonsense', status, message: `the broker answered ${status} with ${problem}` };
}

function retryAfter(headers: IncomingHttpHeaders, now: number): { retryAfterSeconds?: number } {
  const retryAfterSeconds = parseRetryAfter(headers['retry-after'], now);
  return retryAfterSeconds === undefined ? {} : { retryAfterSeconds };
}

/** Only the host: a path or a query may carry a token. */
function redirectTarget(headers: IncomingHttpHeaders): string {
  const location = headers.location;
  if (location === undefined || !URL.canParse(location)) return '';
  return ` to ${quotable(new URL(location).host, 255)}`;
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
    return { ok: false, problem: `a body that is not JSON${type ? ` (${quotable(type, 100)})` : ''}` };
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
function errorAnswer(answer: Answer): ErrorAnswer {
  const { status } = answer;
  const parsed = parseBody(answer, true);
  const validated = parsed.ok ? validateErrorBody(parsed.value) : undefined;
  if (!validated?.ok) {
    const words = quotable(decode(answer) ?? '', MAX_QUOTED);
    return words === '' ? { status } : { status, description: words };
  }
  const body = { ...validated.value };
  if (body.error === '') delete body.error;
  else if (body.error !== undefined) body.error = quotable(body.error, 100);
  if (body.description === '') delete body.description;
  else if (body.description !== undefined) body.description = quotable(body.description, MAX_ERROR_DESCRIPTION);
  const { error, description } = body;
  return {
    status,
    body,
    ...(error === undefined ? {} : { error }),
    ...(description === undefined ? {} : { description }),
  };
}
