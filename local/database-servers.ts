import { join } from 'node:path';
import { firstUsableFolder } from './cache-folder.ts';
import type { Home } from './home/home.ts';
import { ensureSecretFile, generatePassword, writePrivateFile } from './home/private-files.ts';
import type { Ports } from './ports.ts';
import type { Progress } from './progress.ts';
import type { ProcessSpec } from './processes/supervised-process.ts';
import { chooseMysql } from './servers/mysql.ts';
import { postgresRecipe } from './servers/postgres.ts';
import type { RecipeOptions, ServerAddress, ServerRecipe } from './servers/server.ts';
import type { Settings } from './settings.ts';
import type { TenantServer } from './broker-config.ts';

/** What starting a database server needs. */
export interface ServerContext {
  readonly home: Home;
  readonly ports: Ports;
  readonly settings: Settings;
  readonly progress: Progress;
  readonly signal: AbortSignal;
  /** Starts a process that is kept running; resolves when it is ready. */
  readonly supervise: <T>(spec: ProcessSpec<T>) => Promise<T>;
}

/** The broker's own server, apart from those of its tenants: one who fills a disk or all connections stops nobody else. */
export async function startStore(context: ServerContext): Promise<ServerAddress> {
  const recipe = await postgresRecipe(await recipeOptions(context, 'store', []));
  return superviseServer(context, 'store', recipe);
}

/** The PostgreSQL server on which databases are made for users. */
export async function startPostgres(context: ServerContext): Promise<TenantServer> {
  const options = await recipeOptions(context, 'postgresql', extraAddresses(context.settings));
  const address = await superviseServer(context, 'postgresql', await postgresRecipe(options));
  return { name: 'postgresql', engine: 'postgresql', address, passwordFile: options.passwordFile };
}

/** The MySQL server on which databases are made for users; undefined, and one sentence said, where there is none. */
export async function startMysql(context: ServerContext): Promise<TenantServer | undefined> {
  const { settings, progress, home } = context;
  const options = await recipeOptions(context, 'mysql', extraAddresses(settings));
  const choice = await chooseMysql({
    ...options,
    url: settings.mysqlUrl,
    source: settings.mysqlSource,
    cacheDir: await firstUsableFolder([settings.cacheDir, join(home.root, 'cache')]),
    path: settings.path,
    say: (message) => {
      progress.part('mysql', 'working', message);
    },
  });
  switch (choice.kind) {
    case 'external': {
      const passwordFile = home.secret('mysql-external.password');
      await writePrivateFile(passwordFile, `${choice.address.password}\n`);
      progress.part('mysql', 'done', `${nameOf(choice.address)}, the configured server`);
      return { name: 'mysql', engine: 'mysql', address: choice.address, passwordFile };
    }
    case 'server': {
      const address = await superviseServer(context, 'mysql', choice.recipe);
      return { name: 'mysql', engine: 'mysql', address, passwordFile: options.passwordFile };
    }
    case 'unavailable':
      progress.part('mysql', 'failed', 'not available; everything about PostgreSQL works');
      progress.line(choice.reason);
      return undefined;
  }
}

async function recipeOptions(
  context: ServerContext,
  name: 'store' | 'postgresql' | 'mysql',
  listen: readonly string[],
): Promise<RecipeOptions> {
  const { home, ports, signal, progress } = context;
  progress.part(name, 'working', 'preparing');
  const passwordFile = home.secret(`${name}.password`);
  const dataDir = home.data(name);
  await ensureSecretFile(passwordFile, generatePassword, dataDir);
  return { dataDir, port: ports[name], passwordFile, listen, signal };
}

async function superviseServer(context: ServerContext, name: string, recipe: ServerRecipe): Promise<ServerAddress> {
  context.progress.part(name, 'working', 'starting');
  const address = await context.supervise({ name, ...recipe, logFile: context.home.log(name) });
  context.progress.part(name, 'done', `${nameOf(address)} on ${address.host}:${address.port}`);
  return address;
}

const nameOf = (address: ServerAddress): string => `${address.product} ${address.version}`;

/** With a cluster elsewhere, its pods reach the tenants' servers; everything else stays on the loopback. */
function extraAddresses(settings: Settings): string[] {
  return settings.advertiseHost === '127.0.0.1' ? [] : [settings.advertiseHost];
}
