import { errorCode, toError } from '../../../lib/runtime/errors.ts';
import { EngineError } from '../engine.ts';

/** SQLSTATEs and driver codes after which the same statement may well succeed within a second. */
const TRANSIENT = new Set(['40001', '40P01', '55P03', '2BP01']);

/** SQLSTATE classes and codes that an outage, a restart or an overload explains. */
const RETRY_CLASSES = new Set(['08', '28', '40', '53', '57', '58']);
const RETRY_CODES = new Set([
  ...TRANSIENT,
  // Somebody else's session is in the database.
  '55006',
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
]);

/** The driver's own errors carry no code, only these texts. */
const DRIVER_LOST_CONNECTION =
  /connection terminated|timeout (exceeded|expired)|query read timeout|connection ended|not queryable/i;

/**
 * True for clashes of administrators on one row of a shared catalogue: a deadlock, a lock that a tenant held, a grant
 * that a neighbour gave in between, "tuple concurrently updated" (XX000).
 */
export function isTransient(error: unknown): boolean {
  const code = errorCode(error);
  if (code === undefined) return false;
  return TRANSIENT.has(code) || (code === 'XX000' && /concurrently (updated|deleted)/.test(toError(error).message));
}

/**
 * Any failure as an EngineError whose text tells what was being done. Neither the message nor the cause holds the
 * statement: PostgreSQL quotes a piece of it in syntax errors only, and those are replaced.
 */
export function toEngineError(action: string, thrown: unknown): EngineError {
  if (thrown instanceof EngineError) return thrown;
  const error = toError(thrown);
  const code = errorCode(thrown);
  const disposition = isRetryable(code, error.message) ? 'retry' : 'fatal';
  return new EngineError(`cannot ${action}: ${describe(error, code)}`, disposition, { code });
}

function isRetryable(code: string | undefined, message: string): boolean {
  if (code === undefined) return DRIVER_LOST_CONNECTION.test(message);
  if (code === 'XX000') return /concurrently (updated|deleted)/.test(message);
  return RETRY_CODES.has(code) || (code.length === 5 && RETRY_CLASSES.has(code.slice(0, 2)));
}

function describe(error: Error, code: string | undefined): string {
  if (code === '42601') return 'the server does not understand the statement (SQLSTATE 42601)';
  // Which objects are in the way: names only, and the operator needs them.
  const detail = code === '2BP01' && 'detail' in error && typeof error.detail === 'string' ? ` (${error.detail})` : '';
  return error.message + detail;
}
