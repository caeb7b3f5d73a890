/** Whatever was thrown, as an Error. The original is kept as `cause` when it was not one. */
export function toError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown), { cause: thrown });
}

/** The `code` of a Node, PostgreSQL or MySQL error, or undefined. */
export function errorCode(thrown: unknown): string | undefined {
  if (typeof thrown !== 'object' || thrown === null || !('code' in thrown)) return undefined;
  return typeof thrown.code === 'string' ? thrown.code : undefined;
}

/** A mistake in what the operator gave us (settings, files). The message tells what to change; no stack is printed. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}
