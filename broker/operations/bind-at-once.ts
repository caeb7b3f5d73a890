import { v4 as uuid } from 'uuid';
import type { BindRequest } from '../../lib/osb/types.ts';
import { beginBindAtOnce } from '../store/begin-bind.ts';
import type { BindingRecord } from '../store/records.ts';
import type { Begun } from './begun.ts';
import type { Caller, OperationContext } from './context.ts';

/**
 * Begins a bind where nothing stands in its way, and gives it to the worker of this process. Undefined when something
 * does; nothing has been done then.
 */
export async function bindAtOnce(
  { catalog, servers, desk, database, limits }: OperationContext,
  caller: Caller,
  request: BindRequest,
  binding: Omit<BindingRecord, 'state'>,
): Promise<Begun | undefined> {
  const engine = catalog.find(request.service_id)?.engine;
  // Which of them the instance is on, only the store knows: room for it is kept on each until it has answered.
  const rooms = servers.all.flatMap(({ config }) => {
    const handOver = config.engine === engine ? desk.reserve(config.name) : undefined;
    return handOver === undefined ? [] : [{ server: config.name, handOver }];
  });
  let taken: (typeof rooms)[number] | undefined;
  try {
    const begun = await beginBindAtOnce(database, {
      binding,
      scope: caller.scope,
      serviceId: request.service_id,
      planId: request.plan_id,
      operation: {
        id: uuid(),
        giveUpAfterSeconds: limits.giveUpAfterSeconds,
        originatingIdentity: caller.originatingIdentity,
        requestIdentity: caller.requestIdentity,
      },
      claims: rooms.map(({ server, handOver }) => ({ ...handOver.claim, server })),
      queuedOperations: limits.queuedOperations,
    });
    if (begun === undefined) return undefined;
    const { instance, operation } = begun;
    taken = rooms.find(({ server }) => server === instance.server);
    if (taken === undefined) throw new Error('a bind was begun on a server that was not asked for');
    const subject = { instance, binding: { ...binding, state: 'creating' as const } };
    return { operation, handedOver: { subject, succeeded: taken.handOver.begin(operation, subject) } };
  } finally {
    for (const room of rooms) if (room !== taken) room.handOver.giveBack();
  }
}
