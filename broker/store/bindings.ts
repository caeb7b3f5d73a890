import type { Access } from '../engine/engine.ts';
import type { SecretPlace } from './cipher.ts';
import type { Queryable } from './database.ts';
import type { BindingRecord, ResourceState } from './records.ts';

/** Statements on broker.bindings, one function each. */

const COLUMNS = 'id, instance_id, access, app_guid, username, password, state';

interface Row {
  id: string;
  instance_id: string;
  access: Access;
  app_guid: string | null;
  username: string;
  password: string;
  state: ResourceState;
}

function toRecord(row: Row): BindingRecord {
  return {
    id: row.id,
    instanceId: row.instance_id,
    access: row.access,
    appGuid: row.app_guid ?? undefined,
    username: row.username,
    encryptedPassword: row.password,
    state: row.state,
  };
}

/** Where the password of a binding lives, for the cipher. */
export function passwordPlace(bindingId: string): SecretPlace {
  return { table: 'bindings', row: bindingId, column: 'password' };
}

/** Inserts the binding as `creating`; false when the id is taken. */
export async function insertBinding(tx: Queryable, binding: Omit<BindingRecord, 'state'>): Promise<boolean> {
  const { rowCount } = await tx.query(
    `INSERT INTO broker.bindings (id, instance_id, access, app_guid, username, password, state)
     VALUES ($1, $2, $3, $4, $5, $6, 'creating')
     ON CONFLICT (id) DO NOTHING`,
    [
      binding.id,
      binding.instanceId,
      binding.access,
      binding.appGuid ?? null,
      binding.username,
      binding.encryptedPassword,
    ],
  );
  return rowCount === 1;
}

export async function findBinding(db: Queryable, id: string): Promise<BindingRecord | undefined> {
  const { rows } = await db.query<Row>(`SELECT ${COLUMNS} FROM broker.bindings WHERE id = $1`, [id]);
  return rows[0] && toRecord(rows[0]);
}

export async function setBindingState(tx: Queryable, id: string, state: ResourceState): Promise<void> {
  await tx.query('UPDATE broker.bindings SET state = $2, updated_at = now() WHERE id = $1', [id, state]);
}

/** Labels of the keys that stored passwords are encrypted with. */
export async function labelsInUse(db: Queryable): Promise<string[]> {
  const { rows } = await db.query<{ label: string }>(
    `SELECT DISTINCT split_part(password, ':', 1) AS label FROM broker.bindings`,
  );
  return rows.map(({ label }) => label);
}
