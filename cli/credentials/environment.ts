import type { BindingCredentials } from './binding-credentials.ts';

/** A program's environment. */
export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Variables that decide which code a program runs or where its files are. A broker chooses the names of its
 * credentials; it must not get a hold on the program that way.
 */
const PROTECTED =
  /^(PATH|HOME|USER|LOGNAME|SHELL|IFS|ENV|BASH_ENV|TMPDIR|EDITOR|PAGER|PSQLRC|PS4|NODE_.*|LD_.*|DYLD_.*|PYTHON.*|PERL.*|RUBY.*|JAVA_TOOL_OPTIONS|_JAVA_OPTIONS|JDK_JAVA_OPTIONS|GIT_.*|NPM_CONFIG_.*)$/i;

/** An environment with credentials in it, and the keys that could not be handed over. */
export interface CredentialEnvironment {
  readonly environment: Record<string, string | undefined>;
  /** Keys left out because their name or value cannot be, or must not be, a variable. */
  readonly omitted: readonly string[];
}

/**
 * `inherited` with every credential in it: under its own key, in upper snake case (`connectionString` also as
 * CONNECTION_STRING), and for databases under the names their clients know. A key as the broker wrote it wins over a
 * derived one, and any of them over what was inherited.
 */
export function credentialEnvironment(inherited: Environment, credentials: BindingCredentials): CredentialEnvironment {
  const environment: Record<string, string | undefined> = { ...inherited };
  const omitted: string[] = [];
  const usable = new Map<string, string>();
  for (const [key, value] of credentials) {
    if (PROTECTED.test(key) || PROTECTED.test(upperSnake(key)) || /[=\0]/.test(key) || value.includes('\0')) {
      omitted.push(key);
    } else usable.set(key, value);
  }
  for (const [key, value] of usable) environment[upperSnake(key)] = value;
  Object.assign(environment, clientEnvironment(usable), Object.fromEntries(usable));
  return { environment, omitted };
}

/** `connectionString`, `jdbcUrl`, `tls.crt` as `CONNECTION_STRING`, `JDBC_URL`, `TLS_CRT`. */
export function upperSnake(key: string): string {
  return key
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .replace(/([A-Z])([A-Z][a-z])/g, '$1_$2')
    .replace(/[^A-Za-z0-9]+/g, '_')
    .toUpperCase();
}

/** The variables the command-line clients and libraries of the database read; none for other kinds of service. */
export function clientEnvironment(credentials: BindingCredentials): Record<string, string | undefined> {
  const names = CLIENT_VARIABLES[credentials.get('type') ?? ''];
  if (names === undefined) return {};
  const { cleared, ...variables } = names;
  const set = Object.entries(variables).flatMap(([variable, key]): [string, string][] => {
    const value = credentials.get(String(key));
    return value === undefined ? [] : [[variable, value]];
  });
  return { ...Object.fromEntries(cleared.map((variable) => [variable, undefined])), ...Object.fromEntries(set) };
}

/** Variable -> key of the credentials; `cleared` are inherited ones that would lead the client elsewhere. */
const CLIENT_VARIABLES: Readonly<
  Record<string, { readonly cleared: readonly string[] } & Readonly<Record<string, string | readonly string[]>>>
> = {
  postgresql: {
    cleared: ['PGHOSTADDR', 'PGSERVICE', 'PGPASSFILE', 'PGOPTIONS'],
    PGHOST: 'host',
    PGPORT: 'port',
    PGUSER: 'username',
    PGPASSWORD: 'password',
    PGDATABASE: 'database',
    PGSSLMODE: 'sslmode',
  },
  mysql: {
    cleared: ['MYSQL_UNIX_PORT'],
    MYSQL_HOST: 'host',
    MYSQL_TCP_PORT: 'port',
    MYSQL_PWD: 'password',
  },
};
