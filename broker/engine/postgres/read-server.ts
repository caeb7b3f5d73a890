import { EngineError } from '../engine.ts';
import type { Server } from './server.ts';
import type { Session } from './session.ts';
import { readServer } from './statements.ts';
import type { ServerRow } from './statements.ts';

/** Asks the server what it is and what the administrator may do there. */
export async function readServerFacts(session: Session): Promise<Server> {
  const row = await session.first<ServerRow>(readServer);
  if (!row) throw new EngineError('the server does not show the administrator its own role', 'fatal');
  return {
    versionNumber: row.version_number,
    version: row.version,
    admin: row.admin,
    superuser: row.superuser,
    createdb: row.createdb || row.superuser,
    createrole: row.createrole || row.superuser,
    templateIsUtf8: row.template_encoding === 'UTF8',
  };
}
