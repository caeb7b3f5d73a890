import type { EngineConfig } from '../config.ts';
import type { PreflightFinding, PreflightReport } from '../engine.ts';
import { errorNumber } from './errors.ts';
import { atLeast, readServerFacts } from './server.ts';
import type { Server } from './server.ts';
import type { Session } from './session.ts';
import * as sql from './statements.ts';

type Severity = PreflightFinding['severity'];
const finding = (severity: Severity, name: string, message: string): PreflightFinding => ({ severity, name, message });

/** Looks at the server and says what it found; it changes nothing. */
export async function preflight(config: EngineConfig, session: Session): Promise<PreflightReport> {
  const server = await readServerFacts(session);
  const variables = new Map(
    (await session.all(sql.readVariables)).map((row) => [row.Variable_name, row.Value.toUpperCase()]),
  );
  const tls = hasTls(variables);
  return {
    server: { product: server.product, version: server.version },
    tls,
    findings: [
      ...judgeVersion(server),
      ...judgeVariables(server, variables),
      ...judgeTls(server, variables, tls, config.advertisedTls),
      ...(await judgeAdministrator(session, server)),
      ...(await judgeAccounts(session)),
    ],
  };
}

/** `have_ssl` is gone from MySQL 8.4 on; there a certificate means TLS. */
function hasTls(variables: ReadonlyMap<string, string>): boolean {
  const haveSsl = variables.get('have_ssl');
  return haveSsl === undefined ? (variables.get('ssl_cert') ?? '') !== '' : haveSsl === 'YES';
}

function judgeVersion(server: Server): PreflightFinding[] {
  const oldEnough = server.product === 'MariaDB' ? atLeast(server, 10, 4, 2) : atLeast(server, 5, 7, 8);
  if (oldEnough) return [];
  return [
    finding(
      'fatal',
      'version',
      `${server.product} ${server.version} cannot lock accounts: use MySQL 5.7.8 or MariaDB 10.4.2 or later`,
    ),
  ];
}

function judgeVariables(server: Server, variables: ReadonlyMap<string, string>): PreflightFinding[] {
  const findings: PreflightFinding[] = [];
  if ((variables.get('read_only') ?? 'OFF') !== 'OFF') {
    findings.push(finding('fatal', 'read-only', 'the server is read-only: configure the primary'));
  }
  if (variables.get('log_bin') === 'ON' && variables.get('log_bin_trust_function_creators') === 'OFF') {
    findings.push(
      finding(
        'warning',
        'function-creators',
        'bindings cannot create functions and triggers: SET GLOBAL log_bin_trust_function_creators = ON',
      ),
    );
  }
  const policy = variables.get('validate_password.policy') ?? 'LOW';
  if (policy !== 'LOW' && policy !== '0' && variables.get('validate_password.special_char_count') !== '0') {
    findings.push(
      finding(
        'fatal',
        'password-policy',
        'the server demands special characters in passwords, and those of bindings have none on purpose: SET PERSIST validate_password.special_char_count = 0',
      ),
    );
  }
  if (server.product === 'MariaDB') {
    findings.push(
      finding(
        'warning',
        'xa-open',
        'MariaDB shows prepared XA transactions to every login and lets it end them: do not use XA on a shared server',
      ),
    );
  }
  return findings;
}

function judgeTls(
  server: Server,
  variables: ReadonlyMap<string, string>,
  tls: boolean,
  advertised: boolean,
): PreflightFinding[] {
  if (advertised && !tls) {
    return [
      finding(
        'fatal',
        'tls-absent',
        'bindings are to use TLS but the server has none: set ssl_cert and ssl_key, or do not advertise TLS',
      ),
    ];
  }
  const plugin = variables.get('default_authentication_plugin') ?? variables.get('authentication_policy') ?? '';
  if (!advertised && server.product === 'MySQL' && atLeast(server, 8, 0) && !plugin.includes('NATIVE')) {
    return [
      finding(
        'warning',
        'public-key-retrieval',
        "without TLS, clients of caching_sha2_password must fetch the server's public key (JDBC: allowPublicKeyRetrieval=true): advertise TLS",
      ),
    ];
  }
  return [];
}

interface Privilege {
  /** Any one of these will do. */
  readonly anyOf: readonly string[];
  readonly severity: Severity;
  /** Must the administrator be able to hand it on? */
  readonly grantable: boolean;
  readonly purpose: string;
}

function privileges(server: Server): Privilege[] {
  const modern = server.product === 'MariaDB' ? atLeast(server, 10, 5, 2) : atLeast(server, 8, 0);
  const dynamic = (names: readonly string[]): readonly string[] => (modern ? [...names, 'SUPER'] : ['SUPER']);
  return [
    ...sql.RIGHTS.readwrite.map((right) => ({
      anyOf: [right],
      severity: 'fatal' as const,
      grantable: true,
      purpose: 'give it to bindings',
    })),
    { anyOf: ['CREATE USER'], severity: 'fatal', grantable: false, purpose: 'make logins' },
    { anyOf: ['PROCESS'], severity: 'fatal', grantable: false, purpose: 'see the sessions of a login that is dropped' },
    {
      anyOf: dynamic(server.product === 'MariaDB' ? ['CONNECTION ADMIN'] : ['CONNECTION_ADMIN']),
      severity: 'fatal',
      grantable: false,
      purpose: 'end the sessions of a login that is dropped',
    },
    {
      anyOf: dynamic(server.product === 'MariaDB' ? ['SET USER'] : ['SET_ANY_DEFINER', 'SET_USER_ID']),
      severity: 'warning',
      grantable: false,
      purpose: 'keep the events of a login that is dropped; without it they are dropped too',
    },
  ];
}

async function judgeAdministrator(session: Session, server: Server): Promise<PreflightFinding[]> {
  const held = new Map(
    (await session.all(sql.globalRightsOf(await grantees(session, server)))).map((row) => [
      row.right_name,
      row.grantable === 'YES',
    ]),
  );
  const findings = privileges(server)
    .filter(({ anyOf, grantable }) => !anyOf.some((name) => held.has(name) && (!grantable || held.get(name) === true)))
    .map(({ anyOf, severity, grantable, purpose }) =>
      finding(
        severity,
        `privilege-${(anyOf[0] ?? '').toLowerCase().replaceAll(/[ _]/g, '-')}`,
        `the administrator lacks ${anyOf.join(' or ')} ON *.*${grantable ? ' WITH GRANT OPTION' : ''}, needed to ${purpose}`,
      ),
    );
  return findings;
}

/** The administrator's account and its active roles, as information_schema writes them. */
async function grantees(session: Session, server: Server): Promise<string[]> {
  const account = (await session.first(sql.currentAccount))?.account ?? '';
  const at = account.lastIndexOf('@');
  const names = [`'${account.slice(0, at)}'@'${account.slice(at + 1)}'`];
  if (server.product === 'MySQL' && !atLeast(server, 8, 0, 19)) return names;
  for (const role of await session.all(sql.enabledRoles)) {
    const name = role['ROLE_NAME'];
    if (name) names.push(`'${name}'@'${role['ROLE_HOST'] ?? ''}'`);
  }
  return names;
}

const DENIED = new Set([1044, 1142, 1143]);

async function judgeAccounts(session: Session): Promise<PreflightFinding[]> {
  try {
    await session.all(sql.mayReadSystemTables);
  } catch (error) {
    if (!DENIED.has(errorNumber(error) ?? 0)) throw error;
    return [
      finding(
        'fatal',
        'privilege-select-mysql',
        'the administrator cannot read the accounts, needed to find those of an instance: GRANT SELECT ON mysql.*',
      ),
    ];
  }
  const findings: PreflightFinding[] = [];
  const anonymous = await session.all(sql.anonymousAccounts);
  if (anonymous.length > 0) {
    const hosts = anonymous.map(({ host }) => `''@'${host}'`).join(', ');
    findings.push(
      finding(
        'fatal',
        'anonymous-account',
        `anonymous accounts let anybody in and stand before those of bindings from the same host: DROP USER ${hosts}`,
      ),
    );
  }
  const open = await session.all(sql.databasesOpenToAll);
  if (open.length > 0) {
    findings.push(
      finding(
        'fatal',
        'open-database',
        `every login may use the databases ${open.map(({ pattern }) => pattern).join(', ')}: DELETE FROM mysql.db WHERE User = ''; FLUSH PRIVILEGES`,
      ),
    );
  }
  return findings;
}
