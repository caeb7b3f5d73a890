import type { EngineConfig } from '../config.ts';
import type { PreflightReport } from '../engine.ts';
import { judgeFirstLook, judgeSecondLook } from './findings.ts';
import { readServerFacts } from './read-server.ts';
import { createProbeClient } from './session.ts';
import type { Session } from './session.ts';
import { probeSessionRole } from './session-role-probe.ts';
import * as sql from './statements.ts';

/** Every database of a new server lets every login in; these two have no business with tenants. */
const SYSTEM_DATABASES = ['postgres', 'template1'];
/** Two brokers must not probe at once: the probe's role has one name. */
const LOCK = 'preflight';

/** Looks at the server, closes its system databases to PUBLIC, and says what it found. */
export async function preflight(config: EngineConfig, session: Session): Promise<PreflightReport> {
  const { advertisedTls } = config;
  const server = await readServerFacts(session);
  const state = await session.first(sql.readServerState);
  const ssl = state?.ssl ?? false;
  const findings = judgeFirstLook({ server, standby: state?.standby ?? false, ssl, advertisedTls });

  // What is fatal already would only make the second look fail.
  if (findings.length === 0) {
    await session.all(sql.lock(LOCK));
    await closeSystemDatabases(session);
    const sessionRole = await probeSessionRole(
      session,
      server,
      config.admin.database ?? 'postgres',
      (username, password) => createProbeClient(config, username, password),
    );
    findings.push(
      ...judgeSecondLook({
        server,
        advertisedTls,
        openDatabases: (await session.all(sql.databasesOpenToPublic)).map((row) => row.database),
        rules: server.superuser ? await session.all(sql.authenticationRules) : undefined,
        sessionRole,
      }),
    );
    await session.all(sql.unlock(LOCK));
  }
  return { server: { product: 'PostgreSQL', version: server.version }, tls: ssl, findings };
}

/** Without the right to, PostgreSQL answers with a warning only; what stays open is reported. */
async function closeSystemDatabases(session: Session): Promise<void> {
  const open = (await session.all(sql.databasesOpenToPublic)).map((row) => row.database);
  for (const database of open.filter((name) => SYSTEM_DATABASES.includes(name))) {
    await session.all(sql.shutOutPublic(database));
  }
}
