import { KubeApiError } from './client.ts';

/** The error an answer stands for, from its `Status` body, or from the HTTP status alone when it carries none. */
export function toApiError(
  request: string,
  httpStatus: number,
  body: string,
  headers: Readonly<Record<string, string | string[] | undefined>>,
  now: number,
): KubeApiError {
  const status = parseStatus(body);
  const retryAfter = parseRetryAfter(headers['retry-after'], now) ?? status?.retryAfterSeconds;
  return new KubeApiError(
    httpStatus,
    status?.reason ?? '',
    status?.message ?? `${request}: HTTP ${httpStatus}`,
    retryAfter,
  );
}

/** The error that an `ERROR` event of a watch carries. */
export function watchError(object: unknown): KubeApiError {
  const status = readStatus(object);
  return new KubeApiError(status?.code ?? 500, status?.reason ?? '', status?.message ?? 'the watch failed');
}

interface Status {
  readonly code: number | undefined;
  readonly reason: string | undefined;
  readonly message: string | undefined;
  readonly retryAfterSeconds: number | undefined;
}

function parseStatus(body: string): Status | undefined {
  try {
    return readStatus(JSON.parse(body));
  } catch {
    // Proxies answer HTML, the API server's filters plain text.
    return undefined;
  }
}

function readStatus(value: unknown): Status | undefined {
  if (!isRecord(value) || value['kind'] !== 'Status') return undefined;
  const details = isRecord(value['details']) ? value['details'] : {};
  return {
    code: numberIn(value, 'code'),
    reason: textIn(value, 'reason'),
    message: textIn(value, 'message'),
    retryAfterSeconds: numberIn(details, 'retryAfterSeconds'),
  };
}

/** Seconds, or a date (RFC 9110 section 10.2.3). */
function parseRetryAfter(header: string | string[] | undefined, now: number): number | undefined {
  const text = Array.isArray(header) ? header[0] : header;
  if (text === undefined) return undefined;
  if (/^\d{1,9}$/.test(text)) return Number(text);
  const date = Date.parse(text);
  return Number.isNaN(date) ? undefined : Math.max(0, Math.ceil((date - now) / 1000));
}

function textIn(record: Record<string, unknown>, field: string): string | undefined {
  const value = record[field];
  return typeof value === 'string' ? value : undefined;
}

function numberIn(record: Record<string, unknown>, field: string): number | undefined {
  const value = record[field];
  return typeof value === 'number' ? value : undefined;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
