import mysql from 'mysql2/promise';
import pg from 'pg';
import { silentLogger } from '../../../../lib/runtime/log.ts';
import { engineFactory } from '../../../../broker/create-engine.ts';
import type { Census } from '../../../../broker/engine/engine.ts';
import { connectionSettings } from '../../../../broker/store/database.ts';
import type { StoreDatabase } from '../../../support/servers.ts';
import { configuredServers } from './broker.ts';
import type { Credentials, Kind } from './osb-api.ts';

/** Runs statements with a binding's credentials, over its `uri` alone, as an application would. */
export async function asBinding(credentials: Credentials, ...statements: string[]): Promise<unknown[]> {
  if (credentials.type === 'postgresql') {
    const client = new pg.Client({ connectionString: credentials.uri });
    client.on('error', () => undefined);
    await client.connect();
    try {
      const results = [];
      for (const statement of statements) results.push((await client.query(statement)).rows);
      return results;
    } finally {
      await client.end();
    }
  }
  const connection = await mysql.createConnection(credentials.uri);
  connection.on('error', () => undefined);
  try {
    const results = [];
    for (const statement of statements) results.push((await connection.query(statement))[0]);
    return results;
  } finally {
    await connection.end();
  }
}

/** What is on the test run's server, as the engine's census sees it. */
export async function census(kind: Kind): Promise<Census> {
  const config = (await configuredServers()).find(({ engine }) => engine === kind)!;
  const engine = engineFactory(silentLogger(), 1)(config);
  try {
    return await engine.census();
  } finally {
    await engine.close();
  }
}

/** Names of the databases that carry the mark of this instance. */
export async function databasesOf(kind: Kind, instanceId: string): Promise<string[]> {
  const { databases } = await census(kind);
  return databases.filter(({ mark }) => mark?.instanceId === instanceId).map(({ name }) => name);
}

export async function hasDatabase(kind: Kind, name: string): Promise<boolean> {
  return (await census(kind)).databases.some((database) => database.name === name);
}

export async function hasLogin(kind: Kind, username: string): Promise<boolean> {
  return (await census(kind)).logins.some((login) => login.username === username && !login.locked);
}

/** Asks a broker's store. */
export async function askStore<Row extends pg.QueryResultRow>(
  store: StoreDatabase,
  text: string,
  values: unknown[] = [],
): Promise<Row[]> {
  const client = new pg.Client(connectionSettings(store));
  await client.connect();
  try {
    return (await client.query<Row>(text, values)).rows;
  } finally {
    await client.end();
  }
}
