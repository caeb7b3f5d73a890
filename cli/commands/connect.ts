import { UsageError } from '../../lib/runtime/errors.ts';
import { runInPlace } from '../child-process.ts';
import type { BindingCredentials } from '../credentials/binding-credentials.ts';
import { readCredentials } from '../credentials/binding-credentials.ts';
import { clientEnvironment } from '../credentials/environment.ts';
import { findProgram } from '../find-program.ts';
import type { DatabaseAddress, DatabaseType } from '../prompt/database.ts';
import { runPrompt } from '../prompt/prompt.ts';
import type { Session } from '../session.ts';

export interface ConnectOptions {
  /** Use the prompt of svcat even where the database's own client is installed. */
  readonly builtIn?: boolean;
  /** Handed on to the database's own client. */
  readonly clientArguments: readonly string[];
}

/** The clients to look for, and the arguments by which they are told all but the password. */
const CLIENTS: Readonly<
  Record<DatabaseType, { readonly programs: readonly string[]; readonly args: (to: DatabaseAddress) => string[] }>
> = {
  postgresql: { programs: ['psql'], args: () => [] },
  mysql: {
    programs: ['mysql', 'mariadb'],
    // Without a protocol the client takes "localhost" for a socket file.
    args: ({ host, port, username, database }) => [
      '--protocol=TCP',
      `--host=${host}`,
      `--port=${port}`,
      `--user=${username}`,
      `--database=${database}`,
    ],
  },
};

/** `svcat connect BINDING`: an SQL prompt on the binding's database. */
export async function connectCommand(session: Session, name: string, options: ConnectOptions): Promise<number> {
  const credentials = await readCredentials(session, name);
  session.kube.close();
  const address = databaseAddress(name, credentials);
  const { programs, args } = CLIENTS[address.type];
  const client = options.builtIn ? undefined : findProgram(programs, session.environment['PATH']);
  if (client !== undefined) {
    const environment = { ...session.environment, ...clientEnvironment(credentials) };
    return runInPlace([client, ...args(address), ...options.clientArguments], environment);
  }
  if (options.clientArguments.length > 0) {
    throw new UsageError(`arguments after -- are for ${programs.join(' or ')}, and none is installed`);
  }
  const why = options.builtIn ? '--built-in' : `${programs.join(' or ')} is not installed`;
  return runPrompt(address, session.terminal, why);
}

function databaseAddress(name: string, credentials: BindingCredentials): DatabaseAddress {
  const type = credentials.get('type');
  if (type !== 'postgresql' && type !== 'mysql') {
    const what = type === undefined ? 'does not say what it is (key "type")' : `is of type "${type}"`;
    throw new UsageError(
      `svcat connects to PostgreSQL and MySQL, and the binding "${name}" ${what}; use svcat exec ${name} -- with a program of your own`,
    );
  }
  const need = (key: string): string => {
    const value = credentials.get(key);
    if (value === undefined || value === '') {
      throw new UsageError(`the Secret of the binding "${name}" has no key "${key}", which a connection needs`);
    }
    return value;
  };
  const port = Number(need('port'));
  if (!Number.isInteger(port) || port < 1 || port > 65_535) {
    throw new UsageError(`the Secret of the binding "${name}" has a port that is none`);
  }
  const ca = credentials.get('certificates');
  return {
    type,
    host: need('host'),
    port,
    username: need('username'),
    password: need('password'),
    database: need('database'),
    ...(ca === undefined ? {} : { ca }),
  };
}
