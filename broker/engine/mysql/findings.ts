import type { PreflightFinding } from '../engine.ts';
import { atLeast } from './server.ts';
import type { Server } from './server.ts';
import { RIGHTS } from './statements.ts';

const fatal = (name: string, message: string): PreflightFinding => ({ severity: 'fatal', name, message });
const warning = (name: string, message: string): PreflightFinding => ({ severity: 'warning', name, message });
const when = (condition: boolean, finding: () => PreflightFinding): PreflightFinding[] =>
  condition ? [finding()] : [];

/** What the preflight saw of a server. */
export interface Observation {
  readonly server: Server;
  /** Global variables, values in upper case; absent where the server does not know them. */
  readonly variables: ReadonlyMap<string, string>;
  readonly advertisedTls: boolean;
  /** The administrator's global rights, and whether it may hand them on. */
  readonly rights: ReadonlyMap<string, { readonly grantable: boolean }>;
  /** Undefined when the administrator may not read the tables of accounts. */
  readonly accounts:
    | {
        /** Hosts of accounts without a name. */
        readonly anonymousHosts: readonly string[];
        /** Databases that accounts of any name have rights on. */
        readonly openDatabases: readonly string[];
      }
    | undefined;
}

/** Everything there is to say about the server, worst first. */
export function judge(seen: Observation): PreflightFinding[] {
  const findings = [
    ...judgeVersion(seen.server),
    ...judgeVariables(seen),
    ...judgeTls(seen),
    ...judgeRights(seen),
    ...judgeAccounts(seen),
  ];
  return [
    ...findings.filter(({ severity }) => severity === 'fatal'),
    ...findings.filter(({ severity }) => severity === 'warning'),
  ];
}

/** `have_ssl` is gone from MySQL 8.4 on; there a certificate means TLS. */
export function hasTls(variables: Observation['variables']): boolean {
  const haveSsl = variables.get('have_ssl');
  return haveSsl === undefined ? (variables.get('ssl_cert') ?? '') !== '' : haveSsl === 'YES';
}

function judgeVersion(server: Server): PreflightFinding[] {
  const locksAccounts = server.product === 'MariaDB' ? atLeast(server, 10, 4, 2) : atLeast(server, 5, 7, 8);
  return when(!locksAccounts, () =>
    fatal(
      'version',
      `${server.product} ${server.version} cannot lock accounts: use MySQL 5.7.8 or MariaDB 10.4.2 or later`,
    ),
  );
}

function judgeVariables({ server, variables }: Observation): PreflightFinding[] {
  const policy = variables.get('validate_password.policy') ?? 'LOW';
  const wantsSpecial =
    policy !== 'LOW' && policy !== '0' && variables.get('validate_password.special_char_count') !== '0';
  return [
    ...when((variables.get('read_only') ?? 'OFF') !== 'OFF', () =>
      fatal('read-only', 'the server is read-only: configure the primary'),
    ),
    ...when(wantsSpecial, () =>
      fatal(
        'password-policy',
        'the server demands special characters in passwords, and those of bindings have none on purpose: SET PERSIST validate_password.special_char_count = 0',
      ),
    ),
    ...when(variables.get('log_bin') === 'ON' && variables.get('log_bin_trust_function_creators') === 'OFF', () =>
      warning(
        'function-creators',
        'bindings cannot create functions and triggers: SET GLOBAL log_bin_trust_function_creators = ON',
      ),
    ),
    ...when(server.product === 'MariaDB', () =>
      warning(
        'xa-open',
        'MariaDB shows prepared XA transactions to every login and lets it end them: do not use XA on a shared server',
      ),
    ),
  ];
}

function judgeTls({ server, variables, advertisedTls }: Observation): PreflightFinding[] {
  if (advertisedTls) {
    return when(!hasTls(variables), () =>
      fatal(
        'tls-absent',
        'bindings are to use TLS but the server has none: set ssl_cert and ssl_key, or do not advertise TLS',
      ),
    );
  }
  const plugin = variables.get('default_authentication_plugin') ?? variables.get('authentication_policy') ?? '';
  return when(server.product === 'MySQL' && atLeast(server, 8, 0) && !plugin.includes('NATIVE'), () =>
    warning(
      'public-key-retrieval',
      "without TLS, clients of caching_sha2_password must fetch the server's public key (JDBC: allowPublicKeyRetrieval=true): advertise TLS",
    ),
  );
}

interface Requirement {
  /** Any one of these will do. */
  readonly anyOf: readonly string[];
  readonly finding: typeof fatal;
  /** Must the administrator be able to hand it on? */
  readonly grantable: boolean;
  readonly purpose: string;
}

/** What the administrator needs. Rights of their own for sessions and definers came late; before, there was SUPER. */
function requirements(server: Server): Requirement[] {
  const mariadb = server.product === 'MariaDB';
  const fineGrained = mariadb ? atLeast(server, 10, 5, 2) : atLeast(server, 8, 0);
  const orSuper = (names: readonly string[]): readonly string[] => (fineGrained ? [...names, 'SUPER'] : ['SUPER']);
  const plain = { finding: fatal, grantable: false };
  return [
    ...RIGHTS.readwrite.map((right) => ({
      anyOf: [right],
      finding: fatal,
      grantable: true,
      purpose: 'give it to bindings',
    })),
    { ...plain, anyOf: ['CREATE USER'], purpose: 'make logins' },
    { ...plain, anyOf: ['PROCESS'], purpose: 'see the sessions of a login that is dropped' },
    {
      ...plain,
      anyOf: orSuper([mariadb ? 'CONNECTION ADMIN' : 'CONNECTION_ADMIN']),
      purpose: 'end the sessions of a login that is dropped',
    },
    {
      ...plain,
      finding: warning,
      anyOf: orSuper(mariadb ? ['SET USER'] : ['SET_ANY_DEFINER', 'SET_USER_ID']),
      purpose: 'keep the events of a login that is dropped; without it they are dropped too',
    },
  ];
}

function judgeRights({ server, rights }: Observation): PreflightFinding[] {
  return requirements(server)
    .filter(
      ({ anyOf, grantable }) => !anyOf.some((name) => (grantable ? rights.get(name)?.grantable : rights.has(name))),
    )
    .map(({ anyOf, finding, grantable, purpose }) =>
      finding(
        `privilege-${(anyOf[0] ?? '').toLowerCase().replaceAll(/[ _]/g, '-')}`,
        `the administrator lacks ${anyOf.join(' or ')} ON *.*${grantable ? ' WITH GRANT OPTION' : ''}, needed to ${purpose}`,
      ),
    );
}

function judgeAccounts({ accounts }: Observation): PreflightFinding[] {
  if (accounts === undefined) {
    return [
      fatal(
        'privilege-select-mysql',
        'the administrator cannot read the accounts, needed to find those of an instance: GRANT SELECT ON mysql.*',
      ),
    ];
  }
  const { anonymousHosts, openDatabases } = accounts;
  return [
    ...when(anonymousHosts.length > 0, () =>
      fatal(
        'anonymous-account',
        `anonymous accounts let anybody in and stand before those of bindings from the same host: DROP USER ${anonymousHosts.map((host) => `''@'${host}'`).join(', ')}`,
      ),
    ),
    ...when(openDatabases.length > 0, () =>
      fatal(
        'open-database',
        `every login may use the databases ${openDatabases.join(', ')}: DELETE FROM mysql.db WHERE User IN ('', 'PUBLIC'); FLUSH PRIVILEGES`,
      ),
    ),
  ];
}
