import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, connect } from 'node:net';
import { homedir } from 'node:os';
import pg from 'pg';
import { cacheFolder } from '../../../local/cache-folder.ts';
import { chooseMysql } from '../../../local/servers/mysql.ts';
import { postgresRecipe } from '../../../local/servers/postgres.ts';
import type { RecipeOptions, ServerRecipe } from '../../../local/servers/server.ts';

/**
 * A program: a real database server in the place of an official image that cannot be fetched, with the login and the
 * database that the image would make. It listens on 127.0.0.1; `at` is another address of the same network, for when
 * two servers want one port. Prints `ready`; SIGTERM ends it.
 */
export interface StandIn {
  readonly engine: 'postgres' | 'mysql';
  readonly dataDir: string;
  readonly port: number;
  readonly passwordFile: string;
  /** With this login as its owner; the administrator's own when absent. */
  readonly database?: { readonly name: string; readonly login: string };
  readonly at?: { readonly host: string; readonly port: number };
}

const standIn = JSON.parse(process.argv[2] ?? '{}') as StandIn;
const recipe = await recipeOf(standIn);
const { file, args, env } = recipe.command;
const server = spawn(file, [...args], { stdio: ['ignore', 'inherit', 'inherit'], ...(env ? { env } : {}) });
process.once('SIGTERM', () => server.kill(recipe.stopSignal));
server.once('exit', (code) => process.exit(code ?? 1));

const address = await recipe.ready();
if (standIn.database) {
  const { name, login } = standIn.database;
  const client = new pg.Client({ ...address, user: address.username, database: 'postgres' });
  await client.connect();
  await client.query(`CREATE ROLE "${login}" SUPERUSER LOGIN PASSWORD '${address.password}'`);
  await client.query(`CREATE DATABASE "${name}" OWNER "${login}"`);
  await client.end();
}
if (standIn.at) {
  const forwarder = createServer((incoming) => {
    const outgoing = connect(standIn.port, '127.0.0.1');
    for (const [one, other] of [[incoming, outgoing] as const, [outgoing, incoming] as const]) {
      one.on('error', () => other.destroy());
      one.on('close', () => other.destroy());
    }
    incoming.pipe(outgoing).pipe(incoming);
  });
  forwarder.listen(standIn.at.port, standIn.at.host);
  await once(forwarder, 'listening');
}
process.stdout.write('ready\n');

async function recipeOf({ engine, dataDir, port, passwordFile }: StandIn): Promise<ServerRecipe> {
  const options: RecipeOptions = { dataDir, port, passwordFile, fast: true };
  if (engine === 'postgres') return postgresRecipe(options);
  const choice = await chooseMysql({
    ...options,
    url: undefined,
    source: process.env['SERVICE_CATALOG_MYSQL'],
    cacheDir: cacheFolder(process.env, homedir()),
    path: process.env['PATH'] ?? '',
    say: (message) => {
      console.error(message);
    },
  });
  if (choice.kind !== 'server') throw new Error(choice.kind === 'unavailable' ? choice.reason : 'no own MySQL server');
  return choice.recipe;
}
