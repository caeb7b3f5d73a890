import type { EngineConfig } from '../config.ts';
import type { PreflightReport } from '../engine.ts';
import { errorNumber } from './errors.ts';
import { hasTls, judge } from './findings.ts';
import type { Observation } from './findings.ts';
import { readServerFacts } from './read-server.ts';
import { atLeast } from './server.ts';
import type { Server } from './server.ts';
import type { Session } from './session.ts';
import * as sql from './statements.ts';

/** Access denied to the database, the table or a column. */
const DENIED = new Set([1044, 1142, 1143]);

/** Looks at the server and says what it found; it changes nothing. */
export async function preflight(config: EngineConfig, session: Session): Promise<PreflightReport> {
  const server = await readServerFacts(session);
  const variables = new Map(
    (await session.all(sql.readVariables)).map((row) => [row.Variable_name, row.Value.toUpperCase()]),
  );
  const rights = new Map(
    (await session.all(sql.globalRightsOf(await grantees(session, server)))).map((row) => [
      row.right_name,
      { grantable: row.grantable === 'YES' },
    ]),
  );
  const { advertisedTls } = config;
  return {
    server: { product: server.product, version: server.version },
    tls: hasTls(variables),
    findings: judge({ server, variables, advertisedTls, rights, accounts: await lookAtAccounts(session) }),
  };
}

async function lookAtAccounts(session: Session): Promise<Observation['accounts']> {
  try {
    await session.all(sql.mayReadSystemTables);
  } catch (error) {
    if (DENIED.has(errorNumber(error) ?? 0)) return undefined;
    throw error;
  }
  return {
    anonymousHosts: (await session.all(sql.anonymousAccounts)).map((row) => row.host),
    openDatabases: (await session.all(sql.databasesOpenToAll)).map((row) => row.pattern),
  };
}

/** The administrator's account and its active roles, as information_schema writes them. */
async function grantees(session: Session, server: Server): Promise<string[]> {
  const account = (await session.first(sql.currentAccount))?.account ?? '';
  const at = account.lastIndexOf('@');
  const names = [`'${account.slice(0, at)}'@'${account.slice(at + 1)}'`];
  // Roles came with MySQL 8.0, the view of the active ones with 8.0.19.
  if (server.product === 'MySQL' && !atLeast(server, 8, 0, 19)) return names;
  for (const role of await session.all(sql.enabledRoles)) {
    const name = role['ROLE_NAME'];
    if (name) names.push(`'${name}'@'${role['ROLE_HOST'] ?? ''}'`);
  }
  return names;
}
