import type { PreflightFinding } from '../engine.ts';
import type { Server } from './server.ts';
import type { SessionRoleProbe } from './session-role-probe.ts';

const OLDEST_VERSION = 140000;
/** From 15 on the schema `public` belongs to the database's owner; before, to the bootstrap superuser. */
const OWNED_PUBLIC_SCHEMA = 150000;

const fatal = (name: string, message: string): PreflightFinding => ({ severity: 'fatal', name, message });
const warning = (name: string, message: string): PreflightFinding => ({ severity: 'warning', name, message });
const when = (condition: boolean, finding: () => PreflightFinding): PreflightFinding[] =>
  condition ? [finding()] : [];

/** What can be told before anything on the server is touched. */
export interface FirstLook {
  readonly server: Server;
  readonly standby: boolean;
  readonly ssl: boolean;
  readonly advertisedTls: boolean;
}

export function judgeFirstLook({ server, standby, ssl, advertisedTls }: FirstLook): PreflightFinding[] {
  return [
    ...when(server.versionNumber < OLDEST_VERSION, () =>
      fatal('version', `PostgreSQL ${server.version} is too old: use 14 or later`),
    ),
    ...when(standby, () => fatal('standby', 'the server is a standby and takes no writes: configure the primary')),
    ...when(!server.createdb, () =>
      fatal('privilege-createdb', `the administrator cannot create databases: ALTER ROLE ${server.admin} CREATEDB`),
    ),
    ...when(!server.createrole, () =>
      fatal('privilege-createrole', `the administrator cannot create roles: ALTER ROLE ${server.admin} CREATEROLE`),
    ),
    ...when(!server.superuser && server.versionNumber < OWNED_PUBLIC_SCHEMA, () =>
      fatal(
        'public-schema',
        `before PostgreSQL 15 only a superuser can close the schema "public" of a new database: make ${server.admin} one, or use PostgreSQL 15 or later`,
      ),
    ),
    ...when(advertisedTls && !ssl, () =>
      fatal('tls-absent', 'bindings are to use TLS but the server has none: set ssl = on, or do not advertise TLS'),
    ),
  ];
}

/** What is known after the system databases were closed and a login was tried. */
export interface SecondLook {
  readonly server: Server;
  readonly advertisedTls: boolean;
  /** Databases that every login may still enter. */
  readonly openDatabases: readonly string[];
  /** Rules for connections over the network; undefined where the administrator may not read them. */
  readonly rules: readonly { readonly type: string; readonly method: string }[] | undefined;
  readonly sessionRole: SessionRoleProbe;
}

export function judgeSecondLook(look: SecondLook): PreflightFinding[] {
  return [
    ...when(look.openDatabases.length > 0, () =>
      warning(
        'public-connect',
        `every binding can connect to ${look.openDatabases.join(', ')}, outside the limits of its instance: as a superuser run REVOKE CONNECT ON DATABASE … FROM PUBLIC for each`,
      ),
    ),
    ...judgeRules(look.rules ?? [], look.advertisedTls),
    ...judgeAdministrator(look.server),
    ...judgeSessionRole(look.server, look.sessionRole),
  ];
}

function judgeRules(rules: NonNullable<SecondLook['rules']>, advertisedTls: boolean): PreflightFinding[] {
  const accepting = rules.filter((rule) => rule.method !== 'reject');
  return [
    ...when(
      accepting.some((rule) => rule.method === 'trust'),
      () =>
        warning(
          'trust-authentication',
          'pg_hba.conf has a rule that asks for no password (trust): anybody it matches is any user they like',
        ),
    ),
    ...when(
      accepting.some((rule) => rule.method === 'password'),
      () =>
        warning(
          'cleartext-password',
          'pg_hba.conf has a rule that asks for passwords in clear text: use scram-sha-256',
        ),
    ),
    ...when(advertisedTls && accepting.some((rule) => rule.type === 'host' || rule.type === 'hostnossl'), () =>
      warning(
        'tls-not-enforced',
        'bindings are told to use TLS but pg_hba.conf also lets them in without: use hostssl rules only',
      ),
    ),
  ];
}

/** What an administrator without superuser cannot do, and what that means. */
function judgeAdministrator(server: Server): PreflightFinding[] {
  if (server.superuser) return [];
  return [
    warning(
      'large-objects-open',
      "only a superuser can close the large-object functions: a read-only binding can create large objects, outside every table's rights. They stay within its database",
    ),
    warning(
      'replication-slots',
      'only a superuser or a replication role can drop logical replication slots: one left in a database keeps it from being dropped',
    ),
  ];
}

function judgeSessionRole(server: Server, seen: SessionRoleProbe): PreflightFinding[] {
  if (seen === 'kept') return [];
  if (seen === 'lost') {
    return [
      fatal(
        'session-role-lost',
        `on PostgreSQL ${server.version} a login does not get the role set for it, or loses it at DISCARD ALL, which poolers send: install a newer minor release`,
      ),
    ];
  }
  return [
    warning(
      'session-role-unproven',
      `could not try whether a login keeps its role at DISCARD ALL (${seen.unproven}); if PostgreSQL ${server.version} is of November 2024, install a newer minor release`,
    ),
  ];
}
