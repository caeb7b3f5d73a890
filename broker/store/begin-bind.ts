import type { RequestScope } from '../scope.ts';
import type { Queryable } from './database.ts';
import { INSTANCE_COLUMNS, toInstance } from './instances.ts';
import type { InstanceRow } from './instances.ts';
import { FREE, WAITING } from './operations.ts';
import type { Claim } from './operations.ts';
import { waitingDescription, workingDescription } from './phrases.ts';
import type { BindingRecord, InstanceRecord, NewOperation, OperationRecord } from './records.ts';

/** A bind as its request asks for it, and the claims it may be written with. */
export interface NewBind {
  readonly binding: Omit<BindingRecord, 'state'>;
  readonly scope: RequestScope;
  readonly serviceId: string;
  readonly planId: string;
  readonly operation: Pick<NewOperation, 'id' | 'giveUpAfterSeconds' | 'originatingIdentity' | 'requestIdentity'>;
  /** For each server the instance may be on. */
  readonly claims: readonly (Claim & { readonly server: string })[];
  /** So many operations in progress are too many. */
  readonly queuedOperations: number;
}

/**
 * Writes a binding and its operation, leased, in one statement, so with one round trip and one commit. Only where nothing
 * stands in the way: a ready instance of this scope, service and plan on one of the servers claimed, an id that is not
 * taken, nobody at the instance, nobody waiting for its server, room in the queue. Otherwise undefined, and nothing is
 * written; a transaction (begin-operation.ts) then finds out what to do or to say.
 *
 * A statement that has waited for a lock sees everything but the locked row as it was before. What it could miss is a
 * lease on the instance itself, and every transaction that writes one makes a new version of the instance's row: so
 * nothing is written unless the version that is locked is the one that was seen. Of this binding there is no lease as long
 * as it has no row, and a row that has just been inserted is a conflict.
 */
export async function beginBindAtOnce(
  db: Queryable,
  { binding, scope, serviceId, planId, operation, claims, queuedOperations }: NewBind,
): Promise<{ readonly instance: InstanceRecord; readonly operation: OperationRecord } | undefined> {
  const [first] = claims;
  if (first === undefined) return undefined;
  const { rows } = await db.query<InstanceRow & { description: string; run_after: Date; give_up_at: Date }>(
    `WITH seen AS (
       SELECT ctid AS row_version, ${INSTANCE_COLUMNS} FROM broker.instances
       WHERE id = $1 AND state = 'ready' AND platform = $2
         AND ($3::text IS NULL OR (cluster_id = $3 AND namespace = $4))
         AND service_id = $5 AND plan_id = $6 AND server = ANY ($7::text[])),
     locked AS (SELECT ctid AS row_version FROM broker.instances WHERE id = $1 FOR NO KEY UPDATE),
     free AS (
       SELECT ${INSTANCE_COLUMNS} FROM locked JOIN seen USING (row_version)
       WHERE (SELECT count(*) FROM broker.operations WHERE state = 'in progress') < $9
         AND NOT EXISTS (
           SELECT FROM broker.operations due WHERE due.server = seen.server AND ${WAITING} AND ${FREE})
         AND NOT EXISTS (
           SELECT FROM broker.operations other
           WHERE other.instance_id = $1 AND other.lease_until > now()
             AND (other.binding_id IS NULL OR other.binding_id = $10))),
     binding AS (
       INSERT INTO broker.bindings (id, instance_id, access, app_guid, username, password, state)
       SELECT $10, id, $11, $12, $13, $14, 'creating' FROM free
       ON CONFLICT (id) DO NOTHING
       RETURNING id),
     operation AS (
       INSERT INTO broker.operations (id, kind, instance_id, binding_id, platform, cluster_id, namespace, server,
         description, give_up_at, originating_identity, request_identity,
         attempts, lease_token, lease_holder, lease_until)
       SELECT $15, 'bind', free.id, binding.id, platform, cluster_id, namespace, server,
         ($8::text[])[array_position($7::text[], server)], now() + make_interval(secs => $16), $17, $18,
         1, 1, $19, clock_timestamp() + make_interval(secs => $20)
       FROM free, binding
       RETURNING description, run_after, give_up_at)
     SELECT free.*, operation.* FROM free, operation`,
    [
      binding.instanceId,
      scope.platform,
      scope.place?.clusterId ?? null,
      scope.place?.namespace ?? null,
      serviceId,
      planId,
      claims.map(({ server }) => server),
      claims.map(({ server, inLine }) =>
        inLine === true ? waitingDescription({ kind: 'bind', server }) : workingDescription({ kind: 'bind', server }),
      ),
      queuedOperations,
      binding.id,
      binding.access,
      binding.appGuid ?? null,
      binding.username,
      binding.encryptedPassword,
      operation.id,
      operation.giveUpAfterSeconds,
      operation.originatingIdentity === undefined ? null : JSON.stringify(operation.originatingIdentity),
      operation.requestIdentity ?? null,
      first.holder,
      first.leaseSeconds,
    ],
  );
  const [row] = rows;
  if (row === undefined) return undefined;
  const instance = toInstance(row);
  return {
    instance,
    operation: {
      id: operation.id,
      kind: 'bind',
      instanceId: instance.id,
      bindingId: binding.id,
      scope: instance.scope,
      server: instance.server,
      target: undefined,
      state: 'in progress',
      description: row.description,
      attempts: 1,
      runAfter: row.run_after,
      giveUpAt: row.give_up_at,
      leaseToken: 1,
      requestIdentity: operation.requestIdentity,
    },
  };
}
