import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { Change, StorageKey, StorageScope } from './storage.ts';
import { StoredObject } from './stored-object.ts';

interface ObjectRow {
  namespace: string;
  name: string;
  revision: number;
  json: string;
}

interface ChangeRow extends ObjectRow {
  type: Change['type'];
  resource: string;
  previous_revision: number | null;
  previous_json: string | null;
}

/** Where in a scope something is. */
export interface Place {
  readonly namespace: string;
  readonly name: string;
}

export interface PlacedObject extends Place {
  /** Undefined: nothing is there. */
  readonly stored: StoredObject | undefined;
}

/** Every statement the storage runs, one method each. All are synchronous: the file is local and this process has it alone. */
export class SqliteStatements {
  readonly #database: DatabaseSync;
  readonly #prepared = new Map<string, StatementSync>();

  constructor(database: DatabaseSync) {
    this.#database = database;
  }

  /** The last revision, and the oldest one that history is known after. */
  position(): { revision: number; oldest: number } {
    const row = this.#sql('SELECT oldest, (SELECT max(revision) FROM change) AS revision FROM compaction').get() as {
      oldest: number;
      revision: number | null;
    };
    return { oldest: row.oldest, revision: row.revision ?? row.oldest };
  }

  get(key: StorageKey): StoredObject | undefined {
    const row = this.#sql('SELECT revision, json FROM object WHERE resource = ? AND namespace = ? AND name = ?').get(
      key.resource,
      key.namespace,
      key.name,
    ) as Pick<ObjectRow, 'revision' | 'json'> | undefined;
    return row && new StoredObject(row.revision, row.json);
  }

  /** What exists now after a place, in order. */
  objects(scope: StorageScope, after: Place, limit: number): PlacedObject[] {
    const inNamespace = scope.namespace === undefined ? '' : 'AND namespace = ?';
    const rows = this.#sql(
      `SELECT namespace, name, revision, json FROM object
        WHERE resource = ? ${inNamespace} AND (namespace, name) > (?, ?)
        ORDER BY namespace, name LIMIT ?`,
    ).all(...scopeValues(scope), after.namespace, after.name, limit) as unknown as ObjectRow[];
    return rows.map(placed);
  }

  /** How many objects there are now after a place. */
  count(scope: StorageScope, after: Place): number {
    const inNamespace = scope.namespace === undefined ? '' : 'AND namespace = ?';
    const row = this.#sql(
      `SELECT count(*) AS n FROM object WHERE resource = ? ${inNamespace} AND (namespace, name) > (?, ?)`,
    ).get(...scopeValues(scope), after.namespace, after.name) as { n: number };
    return row.n;
  }

  /** For each object changed after `revision`, in no order: how it was at that revision. */
  undo(scope: StorageScope, revision: number): PlacedObject[] {
    const inNamespace = scope.namespace === undefined ? '' : 'AND namespace = ?';
    const rows = this.#sql(
      // A bare column beside min() comes from the row that has the minimum: the first change after `revision`.
      `SELECT namespace, name, min(revision), previous_revision, previous_json FROM change
        WHERE resource = ? ${inNamespace} AND revision > ? GROUP BY namespace, name`,
    ).all(...scopeValues(scope), revision) as unknown as ChangeRow[];
    return rows.map((row) => ({ namespace: row.namespace, name: row.name, stored: previousOf(row) }));
  }

  changes(scope: StorageScope, after: number, limit: number): Change[] {
    const inNamespace = scope.namespace === undefined ? '' : 'AND namespace = ?';
    const rows = this.#sql(
      `SELECT * FROM change WHERE resource = ? ${inNamespace} AND revision > ? ORDER BY revision LIMIT ?`,
    ).all(...scopeValues(scope), after, limit) as unknown as ChangeRow[];
    return rows.map((row) => ({
      revision: row.revision,
      type: row.type,
      key: { resource: row.resource, namespace: row.namespace, name: row.name },
      current: new StoredObject(row.revision, row.json),
      previous: previousOf(row),
    }));
  }

  insert(key: StorageKey, stored: StoredObject, expiresAt: number | null): void {
    this.#sql(
      'INSERT INTO object (resource, namespace, name, revision, expires_at, json) VALUES (?, ?, ?, ?, ?, ?)',
    ).run(key.resource, key.namespace, key.name, stored.revision, expiresAt, stored.json);
  }

  replace(key: StorageKey, stored: StoredObject, expiresAt: number | null): void {
    this.#sql(
      'UPDATE object SET revision = ?, expires_at = ?, json = ? WHERE resource = ? AND namespace = ? AND name = ?',
    ).run(stored.revision, expiresAt, stored.json, key.resource, key.namespace, key.name);
  }

  remove(key: StorageKey): void {
    this.#sql('DELETE FROM object WHERE resource = ? AND namespace = ? AND name = ?').run(
      key.resource,
      key.namespace,
      key.name,
    );
  }

  record(change: Change, madeAt: number): void {
    this.#sql('INSERT INTO change VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)').run(
      change.revision,
      madeAt,
      change.type,
      change.key.resource,
      change.key.namespace,
      change.key.name,
      change.current.json,
      change.previous?.revision ?? null,
      change.previous?.json ?? null,
    );
  }

  expired(now: number): { key: StorageKey; revision: number }[] {
    const rows = this.#sql(
      'SELECT resource, namespace, name, revision FROM object WHERE expires_at <= ? ORDER BY expires_at LIMIT 1000',
    ).all(now) as unknown as (StorageKey & { revision: number })[];
    return rows.map(({ revision, ...key }) => ({ key, revision }));
  }

  /** The newest revision made before a moment; 0 when there is none. */
  lastChangeBefore(moment: number): number {
    const row = this.#sql(
      'SELECT revision FROM change WHERE made_at < ? ORDER BY made_at DESC, revision DESC LIMIT 1',
    ).get(moment) as { revision: number } | undefined;
    return row?.revision ?? 0;
  }

  /** Forgets the history up to `oldest`, but never the newest row: the counter goes on from it. */
  forgetUpTo(oldest: number, newest: number): void {
    this.#database.exec('BEGIN IMMEDIATE');
    this.#sql('DELETE FROM change WHERE revision <= ? AND revision < ?').run(oldest, newest);
    this.#sql('UPDATE compaction SET oldest = ?').run(oldest);
    this.#database.exec('COMMIT');
  }

  #sql(text: string): StatementSync {
    const prepared = this.#prepared.get(text) ?? this.#database.prepare(text);
    this.#prepared.set(text, prepared);
    return prepared;
  }
}

function scopeValues(scope: StorageScope): string[] {
  return scope.namespace === undefined ? [scope.resource] : [scope.resource, scope.namespace];
}

function placed(row: ObjectRow): PlacedObject {
  return { namespace: row.namespace, name: row.name, stored: new StoredObject(row.revision, row.json) };
}

function previousOf(row: ChangeRow): StoredObject | undefined {
  if (row.previous_revision === null || row.previous_json === null) return undefined;
  return new StoredObject(row.previous_revision, row.previous_json);
}
