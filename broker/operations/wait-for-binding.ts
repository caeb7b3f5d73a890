import { OsbError } from '../../lib/osb/errors.ts';
import type { Begun } from './begun.ts';
import type { Answer, Caller, OperationContext } from './context.ts';

/**
 * Waits for a bind or unbind. Undefined when it succeeded; the 202 for clients that accept it when it takes longer or
 * has failed (polling tells them how).
 * @throws OsbError for clients that do not. The operation goes on: the same request joins it, and a platform that gives
 *   up deletes the binding (spec.md "Orphan Mitigation"), which ends it.
 */
export async function waitForBinding(
  { ends, limits }: OperationContext,
  caller: Caller,
  begun: Begun,
): Promise<Answer | undefined> {
  const timeoutMs = caller.acceptsIncomplete ? limits.asyncAfterMs : limits.syncWithinMs;
  const ended = await ends.wait(begun, timeoutMs, caller.signal);
  if (ended.state === 'succeeded') return undefined;
  if (caller.acceptsIncomplete) return { status: 202, body: { operation: ended.id } };
  if (ended.state === 'failed') throw new OsbError('InternalError', `The request failed: ${ended.description}.`);
  throw new OsbError('Unavailable', `The request has not been completed yet: ${ended.description}.`, {
    retryAfterSeconds: 5,
  });
}
