import { errorCode, toError } from '../../../lib/runtime/errors.ts';
import { EngineError } from '../engine.ts';

/** Errors after which the same statement may well succeed within a second: lock wait time-out, deadlock. */
const TRANSIENT = new Set([1205, 1213]);

/**
 * Errors that an outage, a restart, a fail-over or an overload explains: too many connections, shutdown, network,
 * interrupted or timed out statement, disk full, read-only, administrator's password not (yet) accepted.
 */
const RETRY_NUMBERS = new Set([
  ...TRANSIENT,
  1021,
  1040,
  1041,
  1043,
  1045,
  1053,
  1077,
  1079,
  1114,
  1129,
  1152,
  1158,
  1159,
  1160,
  1161,
  1184,
  1203,
  1226,
  1290,
  1317,
  1836,
  1927,
  1969,
  2002,
  2003,
  2006,
  2013,
  2055,
  3024,
  3100,
  3169,
  3572,
  4031,
]);
const RETRY_CODES = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
  'PROTOCOL_CONNECTION_LOST',
  'PROTOCOL_SEQUENCE_TIMEOUT',
]);
const SYNTAX_ERRORS = new Set([1064, 1149]);

/** The server's error number, or undefined for errors of the driver and the network. */
export function errorNumber(error: unknown): number | undefined {
  if (typeof error !== 'object' || error === null || !('errno' in error)) return undefined;
  // Node's own errors carry a negative errno of the operating system.
  return typeof error.errno === 'number' && error.errno > 0 ? error.errno : undefined;
}

/** True for clashes that pass by themselves within a second. */
export function isTransient(error: unknown): boolean {
  const number = errorNumber(error);
  return number !== undefined && TRANSIENT.has(number);
}

/**
 * Any failure as an EngineError whose text tells what was being done. The driver's error is not kept as the cause: it
 * carries the statement, and with it a password. Syntax errors quote the statement and are replaced.
 */
export function toEngineError(action: string, thrown: unknown): EngineError {
  if (thrown instanceof EngineError) return thrown;
  const error = toError(thrown);
  const number = errorNumber(thrown);
  const code = errorCode(thrown);
  const retry =
    (number !== undefined && RETRY_NUMBERS.has(number)) ||
    (code !== undefined && RETRY_CODES.has(code)) ||
    /connection is in closed state|pool is closed|queue limit reached/i.test(error.message);
  const text =
    number !== undefined && SYNTAX_ERRORS.has(number)
      ? `the server does not understand the statement (error ${number})`
      : error.message;
  return new EngineError(`cannot ${action}: ${text}`, retry ? 'retry' : 'fatal', {
    code: number === undefined ? code : String(number),
  });
}
