import type { Access } from '../engine.ts';
import type { Server } from './server.ts';
import { atLeast } from './server.ts';

/**
 * The SQL of this engine: one statement, one function, text beside its row type. Identifiers are names the broker made
 * (names.ts) without `_` and `%`, which GRANT would read as wildcards; they are quoted all the same. Texts with `?`
 * are prepared on the server; statements about accounts cannot be, so their literals are quoted here.
 */

/** A statement and the shape of its rows; `row` exists for the type only. */
export interface Statement<Row = unknown> {
  readonly text: string;
  readonly values?: readonly (string | number)[];
  readonly row?: Row;
}

const identifier = (name: string): string => `\`${name.replaceAll('`', '``')}\``;
/** Right under NO_BACKSLASH_ESCAPES, which every administrator session pins. */
const literal = (value: string): string => `'${value.replaceAll("'", "''")}'`;
const account = (username: string): string => `${literal(username)}@'%'`;
/** As information_schema and DEFINER columns write accounts. */
const grantee = (username: string): string => `'${username}'@'%'`;
const definer = (username: string): string => `${username}@%`;
const marks = (values: readonly unknown[]): string => values.map(() => '?').join(', ');

/** The account that takes over the events of an instance's dropped logins. It is locked and never logs in. */
export const ownerAccount = (database: string): string => database;

// --- the session ----------------------------------------------------------------------------------------------------

/**
 * Settings of every administrator session, whatever the server's defaults. NO_AUTO_CREATE_USER, where it exists: a
 * GRANT must never make an account without a password.
 */
export const pinSession: readonly Statement[] = [
  {
    text: `SET SESSION sql_mode = CONCAT('STRICT_ALL_TABLES,NO_BACKSLASH_ESCAPES,NO_ENGINE_SUBSTITUTION',
               IF(VERSION() LIKE '5.%' OR VERSION() LIKE '%MariaDB%', ',NO_AUTO_CREATE_USER', '')),
             SESSION autocommit = 1, SESSION lock_wait_timeout = 3, SESSION innodb_lock_wait_timeout = 3,
             SESSION foreign_key_checks = 1`,
  },
  { text: 'SET NAMES utf8mb4' },
];
export const ping: Statement = { text: 'SELECT 1' };

export interface ServerRow {
  readonly version: string;
  readonly comment: string;
}
export const readServer: Statement<ServerRow> = {
  text: 'SELECT version() AS version, @@version_comment AS comment',
};

// --- the broker's own database --------------------------------------------------------------------------------------

/**
 * Marks and logins live in a database of their own: a tenant can alter and drop everything in its database, the
 * database included. Its name has the form of no tenant's.
 */
const ADMINISTRATION = 'scbroker';

export const administrationTables: readonly Statement[] = [
  { text: `CREATE DATABASE IF NOT EXISTS ${ADMINISTRATION} CHARACTER SET utf8mb4` },
  {
    text: `CREATE TABLE IF NOT EXISTS ${ADMINISTRATION}.marks (
             database_name VARCHAR(64) CHARACTER SET ascii PRIMARY KEY, instance_id TEXT NOT NULL, scope TEXT NOT NULL,
             connection_limit INT NOT NULL
           ) ENGINE = InnoDB`,
  },
  {
    // Written before the account is made, so that a login of a worker that died half-way is found again.
    // retired: dropped for its binding, kept locked because views, routines or triggers name it as their definer.
    text: `CREATE TABLE IF NOT EXISTS ${ADMINISTRATION}.logins (
             username VARCHAR(32) CHARACTER SET ascii PRIMARY KEY, database_name VARCHAR(64) CHARACTER SET ascii NOT NULL,
             retired BOOLEAN NOT NULL DEFAULT FALSE, KEY (database_name)
           ) ENGINE = InnoDB`,
  },
  {
    text: `CREATE TABLE IF NOT EXISTS ${ADMINISTRATION}.secrets (
             name VARCHAR(32) CHARACTER SET ascii PRIMARY KEY, value VARCHAR(64) CHARACTER SET ascii NOT NULL
           ) ENGINE = InnoDB`,
  },
];
export const offerLockSecret = (value: string): Statement => ({
  text: `INSERT IGNORE INTO ${ADMINISTRATION}.secrets (name, value) VALUES ('lock', ?)`,
  values: [value],
});
export const readLockSecret: Statement<{ value: string }> = {
  text: `SELECT value FROM ${ADMINISTRATION}.secrets WHERE name = 'lock'`,
};

export interface MarkRow {
  readonly name: string;
  readonly instance_id: string;
  readonly scope: string;
}
export const writeMark = (
  database: string,
  mark: { readonly instanceId: string; readonly scope: string },
  connectionLimit: number,
): Statement => ({
  text: `REPLACE INTO ${ADMINISTRATION}.marks (database_name, instance_id, scope, connection_limit) VALUES (?, ?, ?, ?)`,
  values: [database, mark.instanceId, mark.scope, connectionLimit],
});
export const rememberLimit = (database: string, connectionLimit: number): Statement => ({
  text: `UPDATE ${ADMINISTRATION}.marks SET connection_limit = ? WHERE database_name = ?`,
  values: [connectionLimit, database],
});
export const removeMark = (database: string): Statement => ({
  text: `DELETE FROM ${ADMINISTRATION}.marks WHERE database_name = ?`,
  values: [database],
});
export const listMarks: Statement<MarkRow> = {
  text: `SELECT database_name AS name, instance_id, scope FROM ${ADMINISTRATION}.marks`,
};

export interface LoginRow {
  readonly username: string;
  readonly database_name: string;
  readonly retired: number;
}
export const rememberLogin = (username: string, database: string): Statement => ({
  text: `INSERT INTO ${ADMINISTRATION}.logins (username, database_name) VALUES (?, ?)
           ON DUPLICATE KEY UPDATE retired = FALSE`,
  values: [username, database],
});
export const retireLogin = (username: string): Statement => ({
  text: `UPDATE ${ADMINISTRATION}.logins SET retired = TRUE WHERE username = ?`,
  values: [username],
});
export const forgetLogin = (username: string): Statement => ({
  text: `DELETE FROM ${ADMINISTRATION}.logins WHERE username = ?`,
  values: [username],
});
export const findLogin = (username: string): Statement<LoginRow> => ({
  text: `SELECT username, database_name, retired FROM ${ADMINISTRATION}.logins WHERE username = ?`,
  values: [username],
});
export const listLogins: Statement<LoginRow> = {
  text: `SELECT username, database_name, retired FROM ${ADMINISTRATION}.logins`,
};
/** By the broker's own record and by the grants, in case either is lost. */
export const loginsOf = (database: string, loginPrefix: string): Statement<{ username: string }> => ({
  text: `SELECT username FROM ${ADMINISTRATION}.logins WHERE database_name = ?
          UNION SELECT CONVERT(User USING ascii) FROM mysql.db WHERE Db = ? AND User LIKE ?`,
  values: [database, database, `${loginPrefix}%`],
});

// --- locks and sessions ---------------------------------------------------------------------------------------------

export const lock = (name: string, seconds: number): Statement<{ locked: number | null }> => ({
  text: 'SELECT GET_LOCK(?, ?) AS locked',
  values: [name, seconds],
});
export const unlock = (name: string): Statement => ({ text: 'SELECT RELEASE_LOCK(?)', values: [name] });

export interface ProcessRow {
  readonly Id: number;
  readonly User: string;
  readonly Command: string;
}
export const listProcesses: Statement<ProcessRow> = { text: 'SHOW PROCESSLIST' };
export const kill = (id: number): Statement => ({ text: `KILL CONNECTION ${id}` });

// --- accounts -------------------------------------------------------------------------------------------------------

export interface AccountAttributes {
  readonly username: string;
  readonly password: string;
  readonly passwordHash: string;
  readonly connectionLimit: number;
  readonly requireTls: boolean;
}
/**
 * MySQL from 8 on lets the operator choose the plugin (default_authentication_plugin, authentication_policy) and
 * rewrites passwords in its logs; the others take the hash, and their logs never see the password.
 */
const identified = (server: Server, attributes: AccountAttributes): string => {
  if (server.product === 'MariaDB')
    return `IDENTIFIED VIA mysql_native_password USING ${literal(attributes.passwordHash)}`;
  if (!atLeast(server, 8, 0)) return `IDENTIFIED WITH mysql_native_password AS ${literal(attributes.passwordHash)}`;
  return `IDENTIFIED BY ${literal(attributes.password)}`;
};
/** Locked until its rights are what they should be. */
export const createAccount = (server: Server, attributes: AccountAttributes): Statement => ({
  text: `CREATE USER IF NOT EXISTS ${account(attributes.username)} ${identified(server, attributes)} ACCOUNT LOCK`,
});
export const alterAccount = (server: Server, attributes: AccountAttributes): Statement => ({
  text: [
    `ALTER USER ${account(attributes.username)} ${identified(server, attributes)}`,
    `REQUIRE ${attributes.requireTls ? 'SSL' : 'NONE'}`,
    `WITH MAX_USER_CONNECTIONS ${attributes.connectionLimit}`,
    'ACCOUNT UNLOCK',
  ].join(' '),
});
export const changePassword = (server: Server, attributes: AccountAttributes): Statement => ({
  text: `ALTER USER ${account(attributes.username)} ${identified(server, attributes)}`,
});
export const lockAccount = (username: string): Statement => ({ text: `ALTER USER ${account(username)} ACCOUNT LOCK` });
/**
 * MySQL 5.7 goes on counting by the old limit until the account's last connection has ended, unless the limit comes
 * with a GRANT; later versions do not take it there.
 */
export const limitNeedsGrant = (server: Server): boolean => server.product === 'MySQL' && !atLeast(server, 8, 0);
export const limitAccount = (server: Server, username: string, connectionLimit: number): Statement => ({
  text: `${limitNeedsGrant(server) ? 'GRANT USAGE ON *.* TO' : 'ALTER USER'} ${account(username)} WITH MAX_USER_CONNECTIONS ${connectionLimit}`,
});
export const dropAccount = (username: string): Statement => ({ text: `DROP USER IF EXISTS ${account(username)}` });
export const findAccount = (username: string): Statement<{ User: string }> => ({
  text: `SELECT User FROM mysql.user WHERE User = ? AND Host = '%'`,
  values: [username],
});
export const listAccounts = (prefix: string): Statement<{ User: string }> => ({
  text: `SELECT User FROM mysql.user WHERE User LIKE ? AND Host = '%' ORDER BY 1`,
  values: [`${prefix}%`],
});
/** The one column that says ACCOUNT LOCK has another place in each product. */
export const listLockedAccounts = (server: Server, prefix: string): Statement<{ User: string }> => ({
  text:
    server.product === 'MariaDB'
      ? `SELECT User FROM mysql.global_priv WHERE User LIKE ? AND JSON_VALUE(Priv, '$.account_locked') = '1'`
      : `SELECT User FROM mysql.user WHERE User LIKE ? AND account_locked = 'Y'`,
  values: [`${prefix}%`],
});

/** Exactly what a binding may, in the words of information_schema.SCHEMA_PRIVILEGES. */
export const RIGHTS: Readonly<Record<Access, readonly string[]>> = {
  readwrite: [
    'SELECT',
    'INSERT',
    'UPDATE',
    'DELETE',
    'CREATE',
    'DROP',
    'ALTER',
    'INDEX',
    'REFERENCES',
    'CREATE TEMPORARY TABLES',
    'LOCK TABLES',
    'EXECUTE',
    'CREATE VIEW',
    'SHOW VIEW',
    'CREATE ROUTINE',
    'ALTER ROUTINE',
    'EVENT',
    'TRIGGER',
  ],
  readonly: ['SELECT', 'SHOW VIEW'],
};
export const grantRights = (username: string, database: string, access: Access): Statement => ({
  text: `GRANT ${RIGHTS[access].join(', ')} ON ${identifier(database)}.* TO ${account(username)}`,
});
export const revokeEverything = (username: string): Statement => ({
  text: `REVOKE ALL PRIVILEGES, GRANT OPTION FROM ${account(username)}`,
});
export const rightsOf = (username: string): Statement<{ database_name: string; right_name: string }> => ({
  text: `SELECT TABLE_SCHEMA AS database_name, PRIVILEGE_TYPE AS right_name
           FROM information_schema.SCHEMA_PRIVILEGES WHERE GRANTEE = ?
          UNION ALL SELECT '*', PRIVILEGE_TYPE FROM information_schema.USER_PRIVILEGES
           WHERE GRANTEE = ? AND PRIVILEGE_TYPE <> 'USAGE'`,
  values: [grantee(username), grantee(username)],
});

// --- databases ------------------------------------------------------------------------------------------------------

export const findDatabase = (database: string): Statement<{ name: string }> => ({
  text: 'SELECT SCHEMA_NAME AS name FROM information_schema.SCHEMATA WHERE SCHEMA_NAME = ?',
  values: [database],
});
export const listDatabases = (databasePrefix: string): Statement<{ name: string }> => ({
  text: 'SELECT SCHEMA_NAME AS name FROM information_schema.SCHEMATA WHERE SCHEMA_NAME LIKE ? ORDER BY 1',
  values: [`${databasePrefix}%`],
});
export const createDatabase = (database: string): Statement => ({
  text: `CREATE DATABASE IF NOT EXISTS ${identifier(database)} CHARACTER SET utf8mb4`,
});
export const dropDatabase = (database: string): Statement => ({
  text: `DROP DATABASE IF EXISTS ${identifier(database)}`,
});

// --- definers -------------------------------------------------------------------------------------------------------

export interface EventRow {
  readonly name: string;
  readonly status: string;
}
export const eventsDefinedBy = (database: string, username: string): Statement<EventRow> => ({
  text: `SELECT EVENT_NAME AS name, STATUS AS status FROM information_schema.EVENTS
          WHERE EVENT_SCHEMA = ? AND DEFINER = ?`,
  values: [database, definer(username)],
});
export const eventsIn = (database: string): Statement<{ name: string }> => ({
  text: 'SELECT EVENT_NAME AS name FROM information_schema.EVENTS WHERE EVENT_SCHEMA = ?',
  values: [database],
});
/** Some clause must follow; repeating the status changes nothing. */
export const giveEventTo = (database: string, event: EventRow, heir: string): Statement => ({
  text: `ALTER DEFINER = ${account(heir)} EVENT ${identifier(database)}.${identifier(event.name)} ${
    event.status === 'ENABLED' ? 'ENABLE' : event.status === 'DISABLED' ? 'DISABLE' : 'DISABLE ON SLAVE'
  }`,
});
export const dropEvent = (database: string, name: string): Statement => ({
  text: `DROP EVENT IF EXISTS ${identifier(database)}.${identifier(name)}`,
});
/** Who the views, routines, triggers and events of a database name as their definer. */
export const definersIn = (database: string): Statement<{ definer: string }> => ({
  text: `SELECT DEFINER AS definer FROM information_schema.VIEWS WHERE TABLE_SCHEMA = ?
          UNION SELECT DEFINER FROM information_schema.ROUTINES WHERE ROUTINE_SCHEMA = ?
          UNION SELECT DEFINER FROM information_schema.TRIGGERS WHERE TRIGGER_SCHEMA = ?
          UNION SELECT DEFINER FROM information_schema.EVENTS WHERE EVENT_SCHEMA = ?`,
  values: [database, database, database, database],
});

// --- preflight ------------------------------------------------------------------------------------------------------

const VARIABLES = [
  'have_ssl',
  'ssl_cert',
  'log_bin',
  'log_bin_trust_function_creators',
  'read_only',
  'validate_password.policy',
  'validate_password.special_char_count',
  'default_authentication_plugin',
  'authentication_policy',
];
export const readVariables: Statement<{ Variable_name: string; Value: string }> = {
  text: `SHOW GLOBAL VARIABLES WHERE Variable_name IN (${VARIABLES.map(literal).join(', ')})`,
};
export const anonymousAccounts: Statement<{ host: string }> = {
  text: `SELECT Host AS host FROM mysql.user WHERE User = ''`,
};
/** Databases that accounts of any name have rights on. */
export const databasesOpenToAll: Statement<{ pattern: string }> = {
  text: `SELECT DISTINCT Db AS pattern FROM mysql.db WHERE User IN ('', 'PUBLIC')`,
};
export const currentAccount: Statement<{ account: string }> = { text: 'SELECT CURRENT_USER() AS account' };
export const globalRightsOf = (
  grantees: readonly string[],
): Statement<{ right_name: string; grantable: 'YES' | 'NO' }> => ({
  text: `SELECT PRIVILEGE_TYPE AS right_name, MAX(IS_GRANTABLE) AS grantable
           FROM information_schema.USER_PRIVILEGES WHERE GRANTEE IN (${marks(grantees)}) GROUP BY 1`,
  values: grantees,
});
export const enabledRoles: Statement<Record<string, string | null>> = {
  text: 'SELECT * FROM information_schema.ENABLED_ROLES',
};
export const mayReadSystemTables: Statement = {
  text: 'SELECT 1 FROM mysql.user, mysql.db LIMIT 1',
};
