import { validate as isUuid } from 'uuid';
import { OsbError } from '../../lib/osb/errors.ts';
import type { LastOperation } from '../../lib/osb/types.ts';
import { isInScope } from '../scope.ts';
import { findOperation, latestOperation } from '../store/operations.ts';
import type { OperationRecord } from '../store/records.ts';
import type { Answer, Caller, OperationContext } from './context.ts';

const SOONEST_SECONDS = 1;
const LATEST_SECONDS = 15;

/**
 * `GET …/last_operation` of an instance, or of a binding when `bindingId` is given (spec.md "Polling Last Operation").
 *
 * With `operation`: that one, also after its instance or binding is gone. Without: the latest. 410 when there has been
 * none in this scope (for a deletion that means success, a creation polls on); 400 for an operation that never was.
 */
export async function lastOperation(
  { database }: OperationContext,
  caller: Caller,
  instanceId: string,
  bindingId: string | undefined,
  operationId: string | undefined,
): Promise<Answer> {
  const asked =
    operationId !== undefined && isUuid(operationId) ? await findOperation(database, operationId) : undefined;
  if (asked?.instanceId === instanceId && asked.bindingId === bindingId && isInScope(caller.scope, asked.scope)) {
    return describe(asked);
  }
  const latest = await latestOperation(database, instanceId, bindingId);
  if (latest === undefined || !isInScope(caller.scope, latest.scope)) {
    throw new OsbError('Gone', 'There is no such instance or binding.');
  }
  if (operationId === undefined) return describe(latest);
  throw new OsbError('BadRequest', 'There has been no such operation on this instance or binding.');
}

function describe(operation: OperationRecord): Answer {
  const body: LastOperation = { state: operation.state, description: operation.description };
  if (operation.kind === 'update' && operation.state === 'failed') {
    // The update was not applied: the instance is what it was, and the same request may be sent again.
    body.instance_usable = true;
    body.update_repeatable = true;
  }
  if (operation.state !== 'in progress') return { status: 200, body: { ...body } };
  const seconds = Math.ceil((operation.runAfter.getTime() - Date.now()) / 1_000);
  const retryAfterSeconds = Math.min(Math.max(seconds, SOONEST_SECONDS), LATEST_SECONDS);
  return { status: 200, body: { ...body }, retryAfterSeconds };
}
