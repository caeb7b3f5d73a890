import { EngineError } from '../engine.ts';
import type { Session } from './session.ts';
import { readServer } from './statements.ts';
import type { ServerRow } from './statements.ts';

/** What the statements depend on. Read for each piece of work: servers are upgraded and rights change meanwhile. */
export interface Server {
  /** Such as 180004. */
  readonly versionNumber: number;
  readonly version: string;
  /** The administrator's role. */
  readonly admin: string;
  readonly superuser: boolean;
  readonly createdb: boolean;
  readonly createrole: boolean;
  /** False where template0 is not UTF-8; databases are then made with the C locale. */
  readonly templateIsUtf8: boolean;
}

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
