import { v4 as uuid } from 'uuid';
import type { Queryable } from '../store/database.ts';
import { insertOperation, queueLoad } from '../store/operations.ts';
import type { QueueLoad } from '../store/operations.ts';
import type { NewOperation, OperationRecord } from '../store/records.ts';
import type { HandOver } from '../worker/hand-over.ts';
import type { Subject } from '../worker/perform.ts';
import type { Begun } from './begun.ts';
import type { Caller, OperationContext } from './context.ts';

/** A request's transaction on the store. */
export interface RequestTransaction extends Queryable {
  /** How much there is to do; asked for with what else the request reads first. */
  load(): Promise<QueueLoad>;
  /** Writes an operation on an instance whose row is locked; `load` must have been asked for. */
  begin(work: Pick<NewOperation, 'kind' | 'target'>, subject: Subject): Promise<OperationRecord>;
}

/**
 * Runs a request's transaction, and gives the operation that it has begun to the worker of this process once it is
 * committed; unless that worker has no room, or others have waited longer: then it is queued, for any worker.
 */
export function beginOperation(
  context: OperationContext,
  caller: Caller,
  work: (tx: RequestTransaction) => Promise<OperationRecord>,
): Promise<Begun>;
export function beginOperation(
  context: OperationContext,
  caller: Caller,
  work: (tx: RequestTransaction) => Promise<OperationRecord | undefined>,
): Promise<Begun | undefined>;
export async function beginOperation(
  context: OperationContext,
  caller: Caller,
  work: (tx: RequestTransaction) => Promise<OperationRecord | undefined>,
): Promise<Begun | undefined> {
  let handOver: HandOver | undefined;
  let claimed: Subject | undefined;
  let behind: readonly string[] = [];
  try {
    const operation = await context.database.transaction((tx) =>
      work({
        query: (text, values) => tx.query(text, values),
        load: async () => {
          const load = await queueLoad(tx);
          behind = load.behind;
          return load;
        },
        begin: async (wanted, subject) => {
          const { instance, binding } = subject;
          if (!behind.includes(instance.server)) handOver = context.desk.reserve(instance.server);
          const inserted = await insertOperation(
            tx,
            {
              ...wanted,
              id: uuid(),
              instanceId: instance.id,
              bindingId: binding?.id,
              scope: instance.scope,
              server: instance.server,
              giveUpAfterSeconds: context.limits.giveUpAfterSeconds,
              originatingIdentity: caller.originatingIdentity,
              requestIdentity: caller.requestIdentity,
            },
            handOver?.claim,
          );
          if (inserted.claimed) claimed = subject;
          return inserted.operation;
        },
      }),
    );
    if (operation === undefined) return undefined;
    if (handOver === undefined || claimed === undefined) return { operation };
    const succeeded = handOver.begin(operation, claimed);
    handOver = undefined;
    return { operation, handedOver: { subject: claimed, succeeded } };
  } finally {
    handOver?.giveBack();
  }
}
