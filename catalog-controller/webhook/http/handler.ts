import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { parseGoDuration } from '../../../lib/catalog/go-duration.ts';
import { toError } from '../../../lib/runtime/errors.ts';
import type { Logger } from '../../../lib/runtime/log.ts';
import { readReview, ReviewError, writeReview } from '../review.ts';
import type { Review, ReviewResponse } from '../review.ts';
import { MUTATE_PATH, TIMEOUT_SECONDS, VALIDATE_PATH } from '../rules.ts';
import { HeldBodies, withBody } from './body.ts';
import { HttpError } from './http-error.ts';

/** What a review is sent for: to complete the object, or to check it. */
export type Purpose = 'mutate' | 'validate';

/** Answers a review; `signal` aborts when the answer would come too late to be heard. */
export type Reviewer = (purpose: Purpose, review: Review, signal: AbortSignal) => Promise<ReviewResponse>;

const PURPOSES: Readonly<Record<string, Purpose>> = { [MUTATE_PATH]: 'mutate', [VALIDATE_PATH]: 'validate' };

/** No API server waits longer for a webhook, milliseconds. */
const LONGEST_WAIT_MS = 30_000;

/** Of the time an API server waits, so much is for the answer; the rest is for the way to and fro. */
const SHARE_FOR_THE_ANSWER = 0.8;

/** Of a path so much is logged, characters. */
const MAX_LOGGED_PATH = 200;

/** POST of an AdmissionReview to the two paths; a short sentence as plain text when that is not what came. */
export function createReviewHandler(review: Reviewer, log: Logger): RequestListener {
  const held = new HeldBodies();
  return (request, response) => {
    answer(request, response, held, review).catch((thrown: unknown) => {
      fail(request, response, thrown, log);
    });
  };
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  held: HeldBodies,
  review: Reviewer,
): Promise<void> {
  const { pathname, searchParams } = target(request);
  const purpose = Object.hasOwn(PURPOSES, pathname) ? PURPOSES[pathname] : undefined;
  if (purpose === undefined) throw new HttpError(404, `reviews are answered at ${Object.keys(PURPOSES).join(' and ')}`);
  if (request.method !== 'POST') {
    response.setHeader('allow', 'POST');
    throw new HttpError(405, 'reviews are sent by POST');
  }
  checkType(request);
  const gone = new AbortController();
  response.once('close', () => {
    gone.abort(new Error('the API server does not wait any more'));
  });
  const signal = AbortSignal.any([gone.signal, AbortSignal.timeout(answerWithin(searchParams.get('timeout')))]);
  const body = await withBody(request, held, async (text) => {
    const asked = readReview(parsed(text));
    return JSON.stringify(writeReview(asked.uid, await review(purpose, asked, signal)));
  });
  response.setHeader('content-type', 'application/json');
  response.end(body);
}

/** What the request line asks for; the host of it is of no account. */
function target({ url = '/' }: IncomingMessage): URL {
  const base = 'https://webhook';
  if (!URL.canParse(url, base)) throw new HttpError(400, 'the path of the request cannot be read');
  return new URL(url, base);
}

/** How long an answer may take, milliseconds, by the time the API server says it waits (`?timeout=10s`). */
export function answerWithin(timeout: string | null): number {
  const wait = parseGoDuration(timeout ?? '') ?? 0;
  const waits = wait > 0 ? Math.min(wait, LONGEST_WAIT_MS) : TIMEOUT_SECONDS * 1000;
  return Math.floor(waits * SHARE_FOR_THE_ANSWER);
}

function checkType(request: IncomingMessage): void {
  const [type = ''] = (request.headers['content-type'] ?? '').split(';');
  if (type.trim().toLowerCase() !== 'application/json')
    throw new HttpError(415, 'reviews are sent as application/json');
  if (request.headers['content-encoding'] !== undefined) throw new HttpError(415, 'reviews are sent uncompressed');
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // The parser's own message quotes the text, and parameters may be secret.
    throw new HttpError(400, 'the body is not valid JSON');
  }
}

function fail(request: IncomingMessage, response: ServerResponse, thrown: unknown, log: Logger): void {
  if (response.destroyed || response.headersSent) return;
  const error = thrown instanceof ReviewError ? new HttpError(400, thrown.message) : thrown;
  const expected = error instanceof HttpError;
  // Anybody can send one of any length.
  const path = request.url?.slice(0, MAX_LOGGED_PATH);
  if (expected) log.warn({ status: error.status, path }, error.message);
  else log.error({ err: toError(thrown), path }, 'a review could not be answered');
  response.statusCode = expected ? error.status : 500;
  response.setHeader('content-type', 'text/plain; charset=utf-8');
  // What is left of the body is not read.
  if (!request.complete) response.setHeader('connection', 'close');
  response.end(expected ? error.message : 'the review could not be answered; see the log of the webhook');
}
