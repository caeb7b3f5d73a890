import type { ErrorRequestHandler } from 'express';
import { OsbError } from '../../lib/osb/errors.ts';
import { errorCode, toError } from '../../lib/runtime/errors.ts';
import type { Logger } from '../../lib/runtime/log.ts';
import { EngineError } from '../engine/engine.ts';
import { StoreUnavailableError } from '../store/database.ts';
import type { RequestFacts } from './request-facts.ts';

/** Turns whatever a handler threw into an answer of the error catalogue. The only place that does. */
export function errorResponse(log: Logger): ErrorRequestHandler {
  // Express knows an error handler by its four parameters.
  return (thrown: unknown, request, response, next) => {
    // The platform has hung up: nobody reads an answer, and what was thrown is only the end of waiting.
    if (response.closed) return;
    const error = toOsbError(thrown);
    if (error.status >= 500) {
      const { requestIdentity } = response.locals as RequestFacts;
      log.error({ err: toError(thrown), request: requestIdentity, method: request.method }, 'request failed');
    }
    if (response.headersSent) {
      next(thrown);
      return;
    }
    if (error.retryAfterSeconds !== undefined) response.set('Retry-After', String(error.retryAfterSeconds));
    // What is left of a body that is too large is not worth reading.
    if (error.error === 'PayloadTooLarge') response.set('Connection', 'close');
    response.status(error.status).json(error.toBody());
  };
}

function toOsbError(thrown: unknown): OsbError {
  if (thrown instanceof OsbError) return thrown;
  if (thrown instanceof StoreUnavailableError) {
    return new OsbError('Unavailable', "The broker's store does not answer; try again.", {
      cause: thrown,
      retryAfterSeconds: 2,
    });
  }
  if (thrown instanceof EngineError && thrown.disposition === 'retry') {
    return new OsbError('Unavailable', `${thrown.message}.`, { cause: thrown, retryAfterSeconds: 5 });
  }
  return (
    parserError(thrown) ?? new OsbError('InternalError', 'The broker failed; its log has the cause.', { cause: thrown })
  );
}

/** Errors of express and its body parser. Their messages quote the body, so they are not repeated. */
function parserError(thrown: unknown): OsbError | undefined {
  if (thrown instanceof URIError) return new OsbError('BadRequest', 'The path is not percent-encoded UTF-8.');
  switch (parserErrorType(thrown)) {
    case 'entity.parse.failed':
      return new OsbError('BadRequest', 'The body is not valid JSON.');
    case 'entity.too.large':
      return new OsbError('PayloadTooLarge', 'The body is larger than this broker accepts.');
    case 'encoding.unsupported':
    case 'charset.unsupported':
      return new OsbError('UnsupportedMediaType', 'The body must be uncompressed JSON in UTF-8.');
    case 'request.aborted':
    case 'request.size.invalid':
      return new OsbError('BadRequest', 'The body did not arrive whole.');
    default:
      return undefined;
  }
}

function parserErrorType(thrown: unknown): string | undefined {
  if (typeof thrown !== 'object' || thrown === null || !('type' in thrown)) return errorCode(thrown);
  return typeof thrown.type === 'string' ? thrown.type : undefined;
}
