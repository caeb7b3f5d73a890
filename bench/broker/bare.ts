import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { DEFAULT_SERVICES } from '../../broker/catalog/default-services.ts';
import type { ServerConfig } from '../../broker/config/config.ts';
import { engineFactory } from '../../broker/create-engine.ts';
import type { Engine } from '../../broker/engine/engine.ts';
import { connectionSettings } from '../../broker/store/database.ts';
import type { StoreAddress } from '../../broker/store/database.ts';
import { silentLogger } from '../../lib/runtime/log.ts';
import type { Operation, Subject, Way } from './way.ts';

/**
 * The least that the same work can cost: the statements of the engine, sent by calling it directly, between two commits
 * of one row each on the store, the intent and the result. No HTTP, no validation, no queue, no encryption. As many
 * connections as clients, to the server and to the store.
 */
export async function bare(server: ServerConfig, store: StoreAddress, clients: number): Promise<Way> {
  const engine = engineFactory(silentLogger(), clients)(server);
  const pool = new pg.Pool({ ...connectionSettings(store), max: clients });
  pool.on('error', () => undefined);
  await pool.query('CREATE TABLE IF NOT EXISTS bench_operations (id uuid PRIMARY KEY, kind text, state text)');
  return {
    name: 'bare',
    perform: async (operation, subject) => {
      const id = randomUUID();
      await pool.query("INSERT INTO bench_operations VALUES ($1, $2, 'in progress')", [id, operation]);
      await effect(engine, operation, subject);
      await pool.query("UPDATE bench_operations SET state = 'succeeded' WHERE id = $1", [id]);
    },
    close: async () => {
      await engine.close();
      await pool.end();
    },
  };
}

function effect(engine: Engine, operation: Operation, subject: Subject): Promise<void> {
  const { database, username, password, instanceId } = subject;
  const connectionLimit =
    DEFAULT_SERVICES.find(({ engine: kind }) => kind === engine.kind)?.plans[0]?.connections ?? 10;
  switch (operation) {
    case 'provision':
      return engine.createDatabase({ name: database, mark: { instanceId, scope: 'bench' }, connectionLimit });
    case 'bind':
      return engine.createLogin({ database, username, password, access: 'readwrite', connectionLimit });
    case 'unbind':
      return engine.dropLogin(database, username);
    case 'deprovision':
      return engine.dropDatabase(database);
  }
}
