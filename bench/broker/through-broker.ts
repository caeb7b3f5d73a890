import { setTimeout as sleep } from 'node:timers/promises';
import { DEFAULT_SERVICES } from '../../broker/catalog/default-services.ts';
import type { EngineKind } from '../../broker/engine/engine.ts';
import { createOsbClient } from '../../lib/osb/client.ts';
import type { OsbClient } from '../../lib/osb/client-contract.ts';
import type { Outcome } from '../../lib/osb/outcome.ts';
import type { LastOperation } from '../../lib/osb/types.ts';
import type { Credentials } from '../neighbours/transactions.ts';
import type { Operation, Subject, Way } from './way.ts';

/**
 * Only what takes longer than a second is polled for. Platforms poll more slowly; this asks when the broker is done, not
 * how patient its client is, and yet takes little of the processors that the broker wants.
 */
const POLL_MS = 100;
const CONTEXT = { platform: 'kubernetes', clusterid: 'bench', namespace: 'bench' };

export interface BrokerAccess {
  readonly url: string;
  readonly username: string;
  readonly password: string;
}

/** The work as a platform has it done: OSB requests over HTTP, polled until the broker says that they have succeeded. */
export function throughBroker(access: BrokerAccess, kind: EngineKind): Way {
  const client = createClient(access);
  const ids = firstPlan(kind);
  return {
    name: 'broker',
    perform: async (operation, subject) => {
      const outcome = await send(client, operation, subject, ids);
      if (outcome.kind === 'success') return;
      if (outcome.kind !== 'accepted') throw failure(operation, outcome);
      await untilDone(client, operation, subject, outcome.operation);
    },
    close: () => client.close(),
  };
}

/** Binds the instance as any application and gives what the application connects with. */
export async function bindNeighbour(
  access: BrokerAccess,
  kind: EngineKind,
  { instanceId, bindingId }: Subject,
): Promise<Credentials> {
  const client = createClient(access);
  try {
    const outcome = await client.bind(instanceId, bindingId, { ...firstPlan(kind), context: CONTEXT });
    if (outcome.kind !== 'success') throw failure('bind', outcome);
    return outcome.body.credentials as unknown as Credentials;
  } finally {
    await client.close();
  }
}

function createClient({ url, username, password }: BrokerAccess): OsbClient {
  return createOsbClient({ url, auth: { basic: { username, password } } });
}

function firstPlan(kind: EngineKind): { readonly service_id: string; readonly plan_id: string } {
  const service = DEFAULT_SERVICES.find(({ engine }) => engine === kind);
  const plan = service?.plans[0];
  if (service === undefined || plan === undefined) throw new Error(`no service for ${kind} in the default catalog`);
  return { service_id: service.id, plan_id: plan.id };
}

function send(
  client: OsbClient,
  operation: Operation,
  { instanceId, bindingId }: Subject,
  ids: { readonly service_id: string; readonly plan_id: string },
): Promise<Outcome<object>> {
  switch (operation) {
    case 'provision':
      return client.provision(instanceId, {
        ...ids,
        context: CONTEXT,
        organization_guid: 'bench',
        space_guid: 'bench',
      });
    case 'bind':
      return client.bind(instanceId, bindingId, { ...ids, context: CONTEXT });
    case 'unbind':
      return client.unbind(instanceId, bindingId, ids);
    case 'deprovision':
      return client.deprovision(instanceId, ids);
  }
}

async function untilDone(
  client: OsbClient,
  operation: Operation,
  { instanceId }: Subject,
  token: string | undefined,
): Promise<void> {
  for (;;) {
    const outcome = await client.pollInstance(instanceId, token === undefined ? {} : { operation: token });
    if (outcome.kind !== 'success' || outcome.body.state === 'failed') throw failure(operation, outcome);
    if (outcome.body.state === 'succeeded') return;
    await sleep(POLL_MS);
  }
}

function failure(operation: Operation, outcome: Outcome<object>): Error {
  const { description } = 'body' in outcome ? (outcome.body as Partial<LastOperation>) : {};
  const message = 'message' in outcome ? outcome.message : (description ?? '');
  return new Error(`${operation} ended as "${outcome.kind}": ${message}`);
}
