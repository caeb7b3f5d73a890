import type { Session } from './session.ts';
import { begin, commit, rollback } from './statements.ts';
import type { Statement } from './statements.ts';

/** Runs the statements in one transaction, all or none. */
export async function inTransaction(session: Session, statements: readonly Statement[]): Promise<void> {
  await session.all(begin);
  try {
    for (const statement of statements) await session.all(statement);
    await session.all(commit);
  } catch (error) {
    // The first failure is the one to report; a connection that cannot roll back is thrown away by its owner.
    await session.all(rollback).catch(() => undefined);
    throw error;
  }
}
