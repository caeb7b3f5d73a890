import { EngineError } from '../engine.ts';
import type { Server } from './server.ts';
import { parseVersion } from './server.ts';
import type { Session } from './session.ts';
import { readServer } from './statements.ts';

/** Asks the server what it is. */
export async function readServerFacts(session: Session): Promise<Server> {
  const row = await session.first(readServer);
  if (!row) throw new EngineError('the server does not tell its version', 'fatal');
  return parseVersion(row.version, row.comment);
}
