/**
 * The SQL of this engine: one statement, one function, text beside its row type. Identifiers are names the broker made
 * (names.ts) and are quoted all the same.
 */

/** A statement and the shape of its rows; `row` exists for the type only. */
export interface Statement<Row = unknown> {
  readonly text: string;
  readonly values?: readonly unknown[];
  readonly row?: Row;
}

const identifier = (name: string): string => `"${name.replaceAll('"', '""')}"`;
/** Right under standard_conforming_strings=on, which every administrator session pins. */
const literal = (value: string): string => `'${value.replaceAll("'", "''")}'`;
const list = (names: readonly string[]): string => names.map(identifier).join(', ');

/** The role that owns whatever the instance's bindings make. The underscore keeps it apart from every database name. */
export const ownerRole = (database: string): string => `${database}_own`;
/** The role read-only bindings become. */
export const readerRole = (database: string): string => `${database}_ro`;

export const begin: Statement = { text: 'BEGIN' };
export const commit: Statement = { text: 'COMMIT' };
export const rollback: Statement = { text: 'ROLLBACK' };
export const ping: Statement = { text: 'SELECT 1' };

// --- the server -----------------------------------------------------------------------------------------------------

export interface ServerRow {
  readonly version_number: number;
  readonly version: string;
  readonly admin: string;
  readonly superuser: boolean;
  readonly createdb: boolean;
  readonly createrole: boolean;
  readonly template_encoding: string;
}
export const readServer: Statement<ServerRow> = {
  text: `SELECT current_setting('server_version_num')::int AS version_number,
                split_part(current_setting('server_version'), ' ', 1) AS version,
                rolname AS admin, rolsuper AS superuser, rolcreatedb AS createdb, rolcreaterole AS createrole,
                (SELECT pg_encoding_to_char(encoding) FROM pg_database WHERE datname = 'template0') AS template_encoding
           FROM pg_roles WHERE rolname = current_user`,
};

// --- locks and sessions ---------------------------------------------------------------------------------------------

/** Advisory locks belong to one database; tenants cannot connect to the administrator's. */
export const lock = (key: string): Statement => ({
  text: `SELECT pg_advisory_lock(hashtext('service-catalog'), hashtext($1))`,
  values: [key],
});
export const unlock = (key: string): Statement => ({
  text: `SELECT pg_advisory_unlock(hashtext('service-catalog'), hashtext($1))`,
  values: [key],
});

export const endSessionsOfRole = (roleId: number): Statement<{ pid: number }> => ({
  text: `SELECT pid, pg_terminate_backend(pid) FROM pg_stat_activity WHERE usesysid = $1`,
  values: [roleId],
});
/** Those the administrator may end: somebody's superuser session is not, and makes DROP DATABASE wait. */
export const endSessionsInDatabase = (database: string): Statement<{ pid: number }> => ({
  text: `SELECT pid, pg_terminate_backend(pid) FROM pg_stat_activity
          WHERE datname = $1 AND backend_type IN ('client backend', 'walsender') AND pg_has_role(usesysid, 'USAGE')`,
  values: [database],
});

/**
 * Ends sessions of bindings that hold what an administrator waits for. A tenant can make a neighbour's role
 * undroppable for as long as it likes: `BEGIN; GRANT … TO neighbour`, and then nothing. Only locks on the shared
 * catalogues of roles and databases count, and advisory locks in this database; locks on tables are the tenants' own.
 */
export const endSessionsInTheWay = (loginPrefix: string): Statement<{ pid: number }> => ({
  text: `SELECT DISTINCT a.pid, pg_terminate_backend(a.pid)
           FROM pg_locks l JOIN pg_stat_activity a USING (pid)
          WHERE l.granted AND starts_with(a.usename, $1)
            AND ((l.locktype = 'object' AND l.database = 0
                  AND l.classid IN ('pg_authid'::regclass, 'pg_database'::regclass))
              OR (l.locktype = 'relation' AND l.database = 0 AND l.mode = 'RowExclusiveLock'
                  AND l.relation IN ('pg_authid'::regclass, 'pg_auth_members'::regclass, 'pg_db_role_setting'::regclass))
              OR (l.locktype = 'advisory'
                  AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())))`,
  values: [loginPrefix],
});

// --- roles ----------------------------------------------------------------------------------------------------------

export const findRole = (name: string): Statement<{ oid: number }> => ({
  text: `SELECT oid::int8::float8 AS oid FROM pg_roles WHERE rolname = $1`,
  values: [name],
});
export const createGroupRole = (role: string): Statement => ({ text: `CREATE ROLE ${identifier(role)} NOLOGIN` });
/**
 * An administrator without superuser may grant away the roles it made but not act on what they own. Since 16 the
 * membership says what it is good for.
 */
export const joinRole = (role: string, admin: string, versionNumber: number): Statement => ({
  text: `GRANT ${identifier(role)} TO ${identifier(admin)}${versionNumber >= 160000 ? ' WITH INHERIT TRUE, SET TRUE' : ''}`,
});
export const dropRole = (role: string): Statement => ({ text: `DROP ROLE IF EXISTS ${identifier(role)}` });

export interface LoginAttributes {
  readonly username: string;
  readonly verifier: string;
  readonly connectionLimit: number;
}
/** NOINHERIT: after SET ROLE NONE the login has nothing, so that nothing can be owned by a binding. */
const loginAttributes = (login: LoginAttributes): string =>
  `LOGIN NOINHERIT CONNECTION LIMIT ${login.connectionLimit} PASSWORD ${literal(login.verifier)} VALID UNTIL 'infinity'`;
export const createLogin = (login: LoginAttributes): Statement => ({
  text: `CREATE ROLE ${identifier(login.username)} ${loginAttributes(login)}`,
});
export const alterLogin = (login: LoginAttributes): Statement => ({
  text: `ALTER ROLE ${identifier(login.username)} ${loginAttributes(login)}`,
});
export const lockLogin = (username: string): Statement => ({ text: `ALTER ROLE ${identifier(username)} NOLOGIN` });
export const limitLogin = (username: string, connectionLimit: number): Statement => ({
  text: `ALTER ROLE ${identifier(username)} CONNECTION LIMIT ${connectionLimit}`,
});

/** SET without INHERIT: the login can become the role and has none of its rights until it does. */
export const grantMembership = (role: string, username: string, versionNumber: number): Statement => ({
  text: `GRANT ${identifier(role)} TO ${identifier(username)}${versionNumber >= 160000 ? ' WITH INHERIT FALSE, SET TRUE' : ''}`,
});
export const revokeMembership = (role: string, username: string): Statement => ({
  text: `REVOKE ${identifier(role)} FROM ${identifier(username)}`,
});
export const membershipsOf = (username: string): Statement<{ role: string }> => ({
  text: `SELECT g.rolname AS role FROM pg_auth_members m
           JOIN pg_roles g ON g.oid = m.roleid JOIN pg_roles u ON u.oid = m.member
          WHERE u.rolname = $1`,
  values: [username],
});
/** Logins of an instance, by the roles they can become: found even after the database is gone. */
export const loginsOf = (database: string, loginPrefix: string): Statement<{ username: string }> => ({
  text: `SELECT DISTINCT u.rolname AS username FROM pg_auth_members m
           JOIN pg_roles g ON g.oid = m.roleid JOIN pg_roles u ON u.oid = m.member
          WHERE g.rolname IN ($1, $2) AND starts_with(u.rolname, $3)`,
  values: [ownerRole(database), readerRole(database), loginPrefix],
});

/** A login may change its own settings, `role` among them; these bring back what the broker wants. */
export const forgetSettings = (username: string): Statement => ({
  text: `ALTER ROLE ${identifier(username)} RESET ALL`,
});
export const forgetSettingsIn = (username: string, database: string): Statement => ({
  text: `ALTER ROLE ${identifier(username)} IN DATABASE ${identifier(database)} RESET ALL`,
});
export const setSessionRole = (username: string, database: string, role: string): Statement => ({
  text: `ALTER ROLE ${identifier(username)} IN DATABASE ${identifier(database)} SET role = ${literal(role)}`,
});
/** No protection (the client can unset it); it gives read-only clients the clearer error. */
export const setReadOnlySession = (username: string, database: string): Statement => ({
  text: `ALTER ROLE ${identifier(username)} IN DATABASE ${identifier(database)} SET default_transaction_read_only = on`,
});

// --- what a role still has somewhere --------------------------------------------------------------------------------

/**
 * Databases where something depends on the role. Not only its own: any tenant may grant rights on its objects to any
 * role whose name it reads in pg_roles, and each such grant keeps the role from being dropped.
 */
export const databasesThatMention = (roleId: number): Statement<{ database: string }> => ({
  text: `SELECT DISTINCT d.datname AS database FROM pg_shdepend s JOIN pg_database d ON d.oid = s.dbid
          WHERE s.refclassid = 'pg_authid'::regclass AND s.refobjid = $1 AND d.datallowconn`,
  values: [roleId],
});
export const reassignOwned = (from: string, to: string): Statement => ({
  text: `REASSIGN OWNED BY ${identifier(from)} TO ${identifier(to)}`,
});
export const dropOwned = (role: string): Statement => ({ text: `DROP OWNED BY ${identifier(role)}` });

// --- databases ------------------------------------------------------------------------------------------------------

export interface DatabaseRow {
  readonly connection_limit: number;
  readonly comment: string | null;
}
export const findDatabase = (database: string): Statement<DatabaseRow> => ({
  text: `SELECT datconnlimit AS connection_limit, shobj_description(oid, 'pg_database') AS comment
           FROM pg_database WHERE datname = $1`,
  values: [database],
});
/**
 * Born closed: until PUBLIC's rights are revoked, every tenant of the server could enter. FILE_COPY makes the later
 * DROP cheap (no fresh pages to write out). template0 never has sessions that would make CREATE DATABASE wait.
 */
export const createDatabase = (database: string, versionNumber: number, templateIsUtf8: boolean): Statement => ({
  text: [
    `CREATE DATABASE ${identifier(database)} TEMPLATE template0 ENCODING 'UTF8'`,
    templateIsUtf8 ? '' : `LC_COLLATE 'C' LC_CTYPE 'C'`,
    versionNumber >= 150000 ? 'STRATEGY file_copy' : '',
    'ALLOW_CONNECTIONS false',
  ].join(' '),
});
export const closeDatabaseToPublic = (database: string): Statement => ({
  text: `REVOKE ALL ON DATABASE ${identifier(database)} FROM PUBLIC`,
});
export const grantUseOfDatabase = (database: string): Statement => ({
  text: `GRANT CREATE, TEMPORARY ON DATABASE ${identifier(database)} TO ${identifier(ownerRole(database))}`,
});
export const markDatabase = (database: string, mark: string): Statement => ({
  text: `COMMENT ON DATABASE ${identifier(database)} IS ${literal(mark)}`,
});
export const openDatabase = (database: string, connectionLimit: number): Statement => ({
  text: `ALTER DATABASE ${identifier(database)} WITH ALLOW_CONNECTIONS true CONNECTION LIMIT ${connectionLimit}`,
});
export const limitDatabase = (database: string, connectionLimit: number): Statement => ({
  text: `ALTER DATABASE ${identifier(database)} WITH CONNECTION LIMIT ${connectionLimit}`,
});
export const shutDatabase = (database: string): Statement => ({
  text: `ALTER DATABASE ${identifier(database)} WITH ALLOW_CONNECTIONS false`,
});
/**
 * FORCE ends whoever slipped in. Without superuser it fails on every process of the system, such as autovacuum; the
 * plain form waits for those, up to 5 s.
 */
export const dropDatabase = (database: string, superuser: boolean): Statement => ({
  text: `DROP DATABASE IF EXISTS ${identifier(database)}${superuser ? ' WITH (FORCE)' : ''}`,
});
export const grantConnect = (database: string, username: string): Statement => ({
  text: `GRANT CONNECT ON DATABASE ${identifier(database)} TO ${identifier(username)}`,
});
export const revokeConnect = (database: string, usernames: readonly string[]): Statement => ({
  text: `REVOKE CONNECT ON DATABASE ${identifier(database)} FROM ${list(usernames)}`,
});

// --- inside a tenant's database -------------------------------------------------------------------------------------

export const closePublicSchema: Statement = { text: 'REVOKE ALL ON SCHEMA public FROM PUBLIC' };
export const grantPublicSchema = (database: string): Statement => ({
  text: `GRANT ALL ON SCHEMA public TO ${identifier(ownerRole(database))}`,
});
export const showPublicSchema = (database: string): Statement => ({
  text: `GRANT USAGE ON SCHEMA public TO ${identifier(readerRole(database))}`,
});
/**
 * FOR ROLE: defaults belong to whoever creates the object, and that is always the owner role. pg_read_all_data would
 * let a tenant read every other tenant's password verifiers.
 */
export const showFutureObjects = (
  database: string,
  rights: 'USAGE ON SCHEMAS' | 'SELECT ON TABLES' | 'SELECT ON SEQUENCES',
): Statement => ({
  text: `ALTER DEFAULT PRIVILEGES FOR ROLE ${identifier(ownerRole(database))}
           GRANT ${rights} TO ${identifier(readerRole(database))}`,
});

/** Functions that write past every role: large objects, and WAL records of any size. PUBLIC may call them all. */
const WRITING_FUNCTIONS = [
  'lo_creat',
  'lo_create',
  'lo_open',
  'lo_close',
  'lo_lseek',
  'lo_lseek64',
  'lo_tell',
  'lo_tell64',
  'lo_truncate',
  'lo_truncate64',
  'lo_unlink',
  'lo_from_bytea',
  'lo_put',
  'lo_get',
  'loread',
  'lowrite',
  'pg_logical_emit_message',
];
export interface WritingFunctionRow {
  /** Such as `lo_put(oid,bigint,bytea)`. */
  readonly signature: string;
  readonly open: boolean;
}
/** `open`: PUBLIC may still call it. The signatures differ between versions, so they come from the catalogue. */
export const writingFunctions: Statement<WritingFunctionRow> = {
  text: `SELECT oid::regprocedure::text AS signature, has_function_privilege('public', oid, 'EXECUTE') AS open
           FROM pg_proc WHERE pronamespace = 'pg_catalog'::regnamespace AND proname = ANY($1) ORDER BY 1`,
  values: [WRITING_FUNCTIONS],
};
export const closeFunctions = (signatures: readonly string[]): Statement => ({
  text: `REVOKE EXECUTE ON FUNCTION ${signatures.map((one) => `pg_catalog.${one}`).join(', ')} FROM PUBLIC`,
});
export const grantFunctions = (signatures: readonly string[], role: string): Statement => ({
  text: `GRANT EXECUTE ON FUNCTION ${signatures.map((one) => `pg_catalog.${one}`).join(', ')} TO ${identifier(role)}`,
});

// --- leftovers that keep a database or role from being dropped ------------------------------------------------------

export interface PreparedTransactionRow {
  readonly gid: string;
  readonly owner: string;
  readonly database: string;
  /** It has changed a role or a role's settings, or made something as a login: the login cannot be changed meanwhile. */
  readonly holds_roles: boolean;
}
export const preparedTransactionsIn = (database: string): Statement<PreparedTransactionRow> => ({
  text: `SELECT gid, owner, database,
           EXISTS (
             SELECT FROM pg_locks own JOIN pg_locks held USING (virtualtransaction)
             WHERE own.transactionid = prepared.transaction AND own.granted AND own.pid IS NULL AND held.pid IS NULL
               AND ((held.locktype = 'relation' AND held.database = 0 AND held.mode <> 'AccessShareLock')
                 OR (held.classid = 'pg_authid'::regclass AND held.objid IS DISTINCT FROM to_regrole($2)::oid))
           ) AS holds_roles
         FROM pg_prepared_xacts prepared WHERE database = $1`,
  values: [database, ownerRole(database)],
});
/** Only the session's own role may finish a prepared transaction, or a superuser. */
export const actAs = (role: string): Statement => ({ text: `SET ROLE ${identifier(role)}` });
export const actAsMyself: Statement = { text: 'SET ROLE NONE' };
export const rollbackPrepared = (gid: string): Statement => ({ text: `ROLLBACK PREPARED ${literal(gid)}` });

export const dropReplicationSlotsOf = (database: string): Statement => ({
  text: `SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE database = $1 AND NOT active`,
  values: [database],
});
export const replicationSlotsOf = (database: string): Statement<{ slot: string }> => ({
  text: `SELECT slot_name AS slot FROM pg_replication_slots WHERE database = $1`,
  values: [database],
});

// --- preflight ------------------------------------------------------------------------------------------------------

export interface ServerStateRow {
  readonly standby: boolean;
  readonly ssl: boolean;
}
export const readServerState: Statement<ServerStateRow> = {
  text: `SELECT pg_is_in_recovery() AS standby, current_setting('ssl') = 'on' AS ssl`,
};
/** Databases that every login of the server may enter. */
export const databasesOpenToPublic: Statement<{ database: string }> = {
  text: `SELECT datname AS database FROM pg_database
          WHERE datallowconn AND has_database_privilege('public', oid, 'CONNECT') ORDER BY 1`,
};
export const shutOutPublic = (database: string): Statement => ({
  text: `REVOKE CONNECT ON DATABASE ${identifier(database)} FROM PUBLIC`,
});
/** Readable by superusers only. */
export const authenticationRules: Statement<{ type: string; method: string }> = {
  text: `SELECT DISTINCT type, auth_method AS method FROM pg_hba_file_rules WHERE error IS NULL AND type <> 'local'`,
};
export const rolesBeginningWith = (prefix: string): Statement<{ role: string }> => ({
  text: `SELECT rolname AS role FROM pg_roles WHERE starts_with(rolname, $1) ORDER BY rolname DESC`,
  values: [prefix],
});
export const setSessionRoleEverywhere = (username: string, role: string): Statement => ({
  text: `ALTER ROLE ${identifier(username)} SET role = ${literal(role)}`,
});
export const discardAll: Statement = { text: 'DISCARD ALL' };
export const whoAmI: Statement<{ role: string }> = { text: 'SELECT current_user AS role' };

// --- census ---------------------------------------------------------------------------------------------------------

export interface CensusDatabaseRow {
  readonly name: string;
  readonly comment: string | null;
}
export const listDatabases = (databasePrefix: string): Statement<CensusDatabaseRow> => ({
  text: `SELECT datname AS name, shobj_description(oid, 'pg_database') AS comment
           FROM pg_database WHERE starts_with(datname, $1) ORDER BY 1`,
  values: [databasePrefix],
});
export interface CensusLoginRow {
  readonly username: string;
  readonly locked: boolean;
  readonly role: string | null;
}
export const listLogins = (loginPrefix: string): Statement<CensusLoginRow> => ({
  text: `SELECT u.rolname AS username, NOT u.rolcanlogin AS locked, min(g.rolname) AS role
           FROM pg_roles u LEFT JOIN pg_auth_members m ON m.member = u.oid LEFT JOIN pg_roles g ON g.oid = m.roleid
          WHERE starts_with(u.rolname, $1) GROUP BY 1, 2 ORDER BY 1`,
  values: [loginPrefix],
});
