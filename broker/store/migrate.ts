import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Database } from './database.ts';

const FOLDER = join(import.meta.dirname, 'migrations');
/** Any constant; every broker of this product takes the same lock. */
const LOCK = 7_201_901;

/**
 * Brings the store's schema up to date. Safe when many brokers start at once: one migrates, the others wait for its
 * transaction and find nothing left to do. Everything is one transaction, so a broken migration leaves nothing behind.
 * @returns the names of the migrations that were applied.
 * @throws Error when the store was migrated by a newer version.
 */
export async function migrate(database: Database): Promise<string[]> {
  const files = (await readdir(FOLDER)).filter((name) => /^\d{6}-[a-z0-9-]+\.sql$/.test(name)).toSorted();
  return database.transaction(async (tx) => {
    await tx.query('SELECT pg_advisory_xact_lock($1)', [LOCK]);
    await tx.query('CREATE SCHEMA IF NOT EXISTS broker');
    await tx.query(
      'CREATE TABLE IF NOT EXISTS broker.migrations (name text PRIMARY KEY, applied_at timestamptz NOT NULL DEFAULT now())',
    );
    const { rows } = await tx.query<{ name: string }>('SELECT name FROM broker.migrations');
    const unknown = rows.find(({ name }) => !files.includes(name));
    if (unknown !== undefined) {
      throw new Error(
        `the store has the migration ${unknown.name}, which this version does not know: run a broker that is at least as new as the one that applied it`,
      );
    }
    const pending = files.filter((file) => !rows.some(({ name }) => name === file));
    for (const file of pending) {
      await tx.query(await readFile(join(FOLDER, file), 'utf8'));
      await tx.query('INSERT INTO broker.migrations (name) VALUES ($1)', [file]);
    }
    return pending;
  });
}
