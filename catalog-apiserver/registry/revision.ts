import { ApiError, badRequest } from '../status.ts';
import type { Storage } from '../storage/storage.ts';

/** A resourceVersion of a query: a whole number, absent when empty. `0` means any version. Throws a 400. */
export function parseRevision(text: string | null): number | undefined {
  if (text === null || text === '') return undefined;
  if (!/^\d{1,15}$/u.test(text))
    throw badRequest(`resourceVersion: Invalid value: ${JSON.stringify(text)}: must be a number`);
  return Number(text);
}

/** Throws when a version is asked for that does not exist yet: the client saw it on another server, or data was lost. */
export function checkNotAhead(storage: Storage, revision: number): void {
  if (revision <= storage.revision) return;
  const message = `Too large resource version: ${revision}, current: ${storage.revision}`;
  throw new ApiError(504, 'Timeout', message, {
    causes: [{ reason: 'ResourceVersionTooLarge', field: '', message: 'Too large resource version' }],
    retryAfterSeconds: 1,
  });
}
