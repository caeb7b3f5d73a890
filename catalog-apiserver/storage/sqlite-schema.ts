import type { DatabaseSync } from 'node:sqlite';
import { toError, UsageError } from '../../lib/runtime/errors.ts';

/** Raised with each change of the tables below. */
const SCHEMA_VERSION = 1;

/**
 * `object` is what exists now; `change` is the history, one row a revision, with the state before as well: a watch
 * with a selector needs both sides, and a list at an older revision is today's list with the changes since undone.
 */
const TABLES = `
  CREATE TABLE object (
    resource   TEXT NOT NULL,
    namespace  TEXT NOT NULL,
    name       TEXT NOT NULL,
    revision   INTEGER NOT NULL,
    expires_at INTEGER,
    json       TEXT NOT NULL
  );
  CREATE UNIQUE INDEX object_key ON object (resource, namespace, name);
  CREATE INDEX object_expiry ON object (expires_at) WHERE expires_at IS NOT NULL;
  CREATE TABLE change (
    revision          INTEGER PRIMARY KEY,
    made_at           INTEGER NOT NULL,
    type              TEXT NOT NULL,
    resource          TEXT NOT NULL,
    namespace         TEXT NOT NULL,
    name              TEXT NOT NULL,
    json              TEXT NOT NULL,
    previous_revision INTEGER,
    previous_json     TEXT
  );
  CREATE INDEX change_scope ON change (resource, revision);
  CREATE INDEX change_age ON change (made_at);
  CREATE TABLE compaction (oldest INTEGER NOT NULL);
  INSERT INTO compaction VALUES (1);
`;

/**
 * Takes the database for this process alone and creates or checks its tables. Throws {@link UsageError} when another
 * process has it or a newer version of the program wrote it.
 */
export function openSchema(database: DatabaseSync, path: string): void {
  try {
    // FULL: a commit that was answered survives a power cut, not only a crash of the process.
    database.exec('PRAGMA locking_mode = EXCLUSIVE; PRAGMA synchronous = FULL; PRAGMA busy_timeout = 0');
    database.exec('PRAGMA journal_mode = WAL; BEGIN IMMEDIATE');
  } catch (thrown) {
    const message = toError(thrown).message;
    if (/locked|busy/iu.test(message))
      throw new UsageError(`${path} is in use by another process; stop it, or use another --data-dir`);
    throw new UsageError(`${path} cannot be used: ${message}`);
  }
  const version = Number(database.prepare('PRAGMA user_version').get()?.['user_version']);
  if (version > SCHEMA_VERSION) {
    throw new UsageError(`${path} was written by a newer version of this program (${version} > ${SCHEMA_VERSION})`);
  }
  if (version === 0) database.exec(`${TABLES}; PRAGMA user_version = ${SCHEMA_VERSION}`);
  database.exec('COMMIT');
}
