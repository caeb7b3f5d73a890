import type { GivenParameters } from '../catalog/instance-parameters.ts';
import type { Queryable } from './database.ts';
import type { InstanceRecord, ResourceState } from './records.ts';

/** Statements on broker.instances, one function each. */

/** Named one by one: see database.ts on prepared statements. */
export const INSTANCE_COLUMNS = `id, platform, cluster_id, namespace, service_id, plan_id, given_parameters, version, storage_gb,
  connection_limit, server, database_name, product, product_version, state`;

export interface InstanceRow {
  id: string;
  platform: string;
  cluster_id: string;
  namespace: string;
  service_id: string;
  plan_id: string;
  given_parameters: GivenParameters;
  version: string;
  storage_gb: number;
  connection_limit: number;
  server: string;
  database_name: string;
  product: string | null;
  product_version: string | null;
  state: ResourceState;
}

export function toInstance(row: InstanceRow): InstanceRecord {
  return {
    id: row.id,
    scope: { platform: row.platform, clusterId: row.cluster_id, namespace: row.namespace },
    serviceId: row.service_id,
    planId: row.plan_id,
    given: row.given_parameters,
    effective: { storageGB: row.storage_gb, version: row.version },
    connectionLimit: row.connection_limit,
    server: row.server,
    databaseName: row.database_name,
    product: row.product ?? undefined,
    productVersion: row.product_version ?? undefined,
    state: row.state,
  };
}

export type NewInstance = Omit<InstanceRecord, 'product' | 'productVersion' | 'state'>;

/** Inserts the instance as `creating`; false when the id is taken (after waiting for whoever is just taking it). */
export async function insertInstance(db: Queryable, instance: NewInstance): Promise<boolean> {
  const { rowCount } = await db.query(
    `INSERT INTO broker.instances (id, platform, cluster_id, namespace, service_id, plan_id, given_parameters, version,
       storage_gb, connection_limit, server, database_name, state)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, 'creating')
     ON CONFLICT (id) DO NOTHING`,
    [
      instance.id,
      instance.scope.platform,
      instance.scope.clusterId,
      instance.scope.namespace,
      instance.serviceId,
      instance.planId,
      JSON.stringify(instance.given),
      instance.effective.version,
      instance.effective.storageGB,
      instance.connectionLimit,
      instance.server,
      instance.databaseName,
    ],
  );
  return rowCount === 1;
}

export async function findInstance(db: Queryable, id: string): Promise<InstanceRecord | undefined> {
  const { rows } = await db.query<InstanceRow>(`SELECT ${INSTANCE_COLUMNS} FROM broker.instances WHERE id = $1`, [id]);
  return rows[0] && toInstance(rows[0]);
}

/**
 * The instance, locked until the transaction ends. Whoever changes an instance, its bindings or their operations locks
 * this row first, so that no two of them can deadlock or decide from the same past.
 */
export async function lockInstance(tx: Queryable, id: string): Promise<InstanceRecord | undefined> {
  const { rows } = await tx.query<InstanceRow>(
    `SELECT ${INSTANCE_COLUMNS} FROM broker.instances WHERE id = $1 FOR NO KEY UPDATE`,
    [id],
  );
  return rows[0] && toInstance(rows[0]);
}

/**
 * As {@link lockInstance}, without waiting: false when another transaction has it just now. True when there is no such
 * instance, since then nobody can be at it.
 */
export async function tryLockInstance(tx: Queryable, id: string): Promise<boolean> {
  const { rows } = await tx.query<{ ours: boolean }>(
    `WITH locked AS (SELECT FROM broker.instances WHERE id = $1 FOR NO KEY UPDATE SKIP LOCKED)
     SELECT EXISTS (SELECT FROM locked) OR NOT EXISTS (SELECT FROM broker.instances WHERE id = $1) AS ours`,
    [id],
  );
  return rows[0]?.ours ?? false;
}

/**
 * Makes another version of the row of an instance that is locked. Whoever leases an operation on the instance itself does
 * it, or changes the row anyhow: begin-bind.ts notices by the version.
 */
export async function touchInstance(tx: Queryable, id: string): Promise<void> {
  await tx.query('UPDATE broker.instances SET updated_at = now() WHERE id = $1', [id]);
}

export async function setInstanceState(tx: Queryable, id: string, state: ResourceState): Promise<void> {
  await tx.query('UPDATE broker.instances SET state = $2, updated_at = now() WHERE id = $1', [id, state]);
}
