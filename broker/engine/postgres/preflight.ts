import type { EngineConfig } from '../config.ts';
import type { PreflightFinding, PreflightReport } from '../engine.ts';
import { readServerFacts } from './server.ts';
import type { Server } from './server.ts';
import { createProbeClient } from './session.ts';
import type { Session } from './session.ts';
import { probeSessionRole } from './session-role-probe.ts';
import * as sql from './statements.ts';

const OLDEST_VERSION = 140000;
/** From 15 on the schema `public` belongs to the database's owner; before, to the bootstrap superuser. */
const OWNED_PUBLIC_SCHEMA = 150000;
/** Every database of a new server lets every login in; these two have no business with tenants. */
const SYSTEM_DATABASES = ['postgres', 'template1'];
const LOCK = 'preflight';

/** Looks at the server, closes its system databases to PUBLIC, and says what it found. */
export async function preflight(config: EngineConfig, session: Session): Promise<PreflightReport> {
  const server = await readServerFacts(session);
  const state = await session.first(sql.readServerState);
  const ssl = state?.ssl ?? false;
  const standby = state?.standby ?? false;
  const findings = [...judgeServer(server, standby), ...judgeTls(ssl, config.advertisedTls)];
  if (!findings.some((finding) => finding.severity === 'fatal')) {
    await session.all(sql.lock(LOCK));
    findings.push(
      ...(await closeSystemDatabases(session)),
      ...(await judgeAuthentication(session, server, config.advertisedTls)),
      ...judgeAdministrator(server),
      ...(await judgeSessionRole(config, session, server)),
    );
    await session.all(sql.unlock(LOCK));
  }
  return { server: { product: 'PostgreSQL', version: server.version }, tls: ssl, findings };
}

function judgeServer(server: Server, standby: boolean): PreflightFinding[] {
  const findings: PreflightFinding[] = [];
  const fatal = (name: string, message: string): void => {
    findings.push({ severity: 'fatal', name, message });
  };
  if (server.versionNumber < OLDEST_VERSION) {
    fatal('version', `PostgreSQL ${server.version} is too old: use 14 or later`);
  }
  if (standby) fatal('standby', 'the server is a standby and takes no writes: configure the primary');
  if (!server.createdb) {
    fatal('privilege-createdb', `the administrator cannot create databases: ALTER ROLE ${server.admin} CREATEDB`);
  }
  if (!server.createrole) {
    fatal('privilege-createrole', `the administrator cannot create roles: ALTER ROLE ${server.admin} CREATEROLE`);
  }
  if (!server.superuser && server.versionNumber < OWNED_PUBLIC_SCHEMA) {
    fatal(
      'public-schema',
      `before PostgreSQL 15 only a superuser can close the schema "public" of a new database: make ${server.admin} one, or use PostgreSQL 15 or later`,
    );
  }
  return findings;
}

function judgeTls(ssl: boolean, advertised: boolean): PreflightFinding[] {
  if (ssl || !advertised) return [];
  return [
    {
      severity: 'fatal',
      name: 'tls-absent',
      message: 'bindings are to use TLS but the server has none: set ssl = on, or do not advertise TLS',
    },
  ];
}

/** Closes what it can and reports the rest. An administrator that owns neither database cannot close them. */
async function closeSystemDatabases(session: Session): Promise<PreflightFinding[]> {
  const open = (await session.all(sql.databasesOpenToPublic)).map((row) => row.database);
  for (const database of open.filter((name) => SYSTEM_DATABASES.includes(name))) {
    // Without the right to, PostgreSQL answers with a warning only.
    await session.all(sql.shutOutPublic(database));
  }
  const left = (await session.all(sql.databasesOpenToPublic)).map((row) => row.database);
  if (left.length === 0) return [];
  return [
    {
      severity: 'warning',
      name: 'public-connect',
      message: `every binding can connect to ${left.join(', ')}, outside the limits of its instance: as a superuser run REVOKE CONNECT ON DATABASE … FROM PUBLIC for each`,
    },
  ];
}

async function judgeAuthentication(
  session: Session,
  server: Server,
  advertisedTls: boolean,
): Promise<PreflightFinding[]> {
  if (!server.superuser) return [];
  const rules = await session.all(sql.authenticationRules);
  const findings: PreflightFinding[] = [];
  if (rules.some((rule) => rule.method === 'trust')) {
    findings.push({
      severity: 'warning',
      name: 'trust-authentication',
      message: 'pg_hba.conf has a rule that asks for no password (trust): anybody it matches is any user they like',
    });
  }
  if (rules.some((rule) => rule.method === 'password')) {
    findings.push({
      severity: 'warning',
      name: 'cleartext-password',
      message: 'pg_hba.conf has a rule that asks for passwords in clear text: use scram-sha-256',
    });
  }
  if (
    advertisedTls &&
    rules.some((rule) => rule.type !== 'hostssl' && rule.type !== 'hostgssenc' && rule.method !== 'reject')
  ) {
    findings.push({
      severity: 'warning',
      name: 'tls-not-enforced',
      message: 'bindings are told to use TLS but pg_hba.conf also lets them in without: use hostssl rules only',
    });
  }
  return findings;
}

/** What an administrator without superuser cannot do, and what that means. */
function judgeAdministrator(server: Server): PreflightFinding[] {
  if (server.superuser) return [];
  return [
    {
      severity: 'warning',
      name: 'large-objects-open',
      message: `only a superuser can close the large-object functions: a read-only binding can create large objects, outside every table's rights. They stay within its database`,
    },
    {
      severity: 'warning',
      name: 'replication-slots',
      message:
        'only a superuser or a replication role can drop logical replication slots: one left in a database keeps it from being dropped',
    },
  ];
}

async function judgeSessionRole(config: EngineConfig, session: Session, server: Server): Promise<PreflightFinding[]> {
  const database = config.admin.database ?? 'postgres';
  const seen = await probeSessionRole(session, server, database, (username, password) =>
    createProbeClient(config, username, password),
  );
  if (seen === 'kept') return [];
  if (seen === 'lost') {
    return [
      {
        severity: 'fatal',
        name: 'session-role-lost',
        message: `on PostgreSQL ${server.version} a login loses its role at DISCARD ALL, which poolers send: install a newer minor release`,
      },
    ];
  }
  return [
    {
      severity: 'warning',
      name: 'session-role-unproven',
      message: `could not try whether a login keeps its role at DISCARD ALL (${seen.unproven})`,
    },
  ];
}
