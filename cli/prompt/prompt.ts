import { createInterface } from 'node:readline';
import { errorCode, toError } from '../../lib/runtime/errors.ts';
import type { Terminal } from '../terminal.ts';
import type { DatabaseAddress, DatabaseConnection } from './database.ts';
import { resultText } from './result-text.ts';
import { typed } from './statements.ts';

/**
 * A small SQL prompt for machines without psql or mysql: statements that end with `;`, results as tables, until the
 * input ends or the user types `exit`. The drivers are loaded here, so that other commands start without them.
 *
 * Returns the exit code: with somebody at the terminal 0; otherwise 1 after the first statement that failed, which is
 * also the last that was run, as `psql -v ON_ERROR_STOP=1` and `mysql` do.
 */
export async function runPrompt(address: DatabaseAddress, terminal: Terminal): Promise<number> {
  let lost = false;
  const onLost = (): void => {
    lost = true;
  };
  let connection: DatabaseConnection;
  try {
    connection = await connect(address, onLost);
  } catch (thrown) {
    terminal.note(`svcat: cannot connect to ${address.host}:${address.port}: ${reasonOf(thrown)}`);
    return 1;
  }
  try {
    return await readStatements(address.database, connection, terminal, () => lost);
  } finally {
    await connection.close().catch(onLost);
  }
}

async function readStatements(
  database: string,
  connection: DatabaseConnection,
  terminal: Terminal,
  isLost: () => boolean,
): Promise<number> {
  const { interactive } = terminal;
  const lines = createInterface({
    input: terminal.input,
    ...(interactive ? { output: terminal.output, terminal: true } : {}),
    prompt: interactive ? `${database}> ` : '',
  });
  let pending = '';
  // Ctrl-C forgets what was typed, as in psql; Ctrl-D ends the input.
  lines.on('SIGINT', () => {
    pending = '';
    terminal.print('');
    lines.prompt();
  });
  if (interactive) {
    terminal.note('Statements end with ";". "exit" or Ctrl-D leaves.');
    lines.prompt();
  }
  for await (const line of lines) {
    const next = typed(pending, line);
    pending = next.pending;
    if (next.quit) break;
    if (next.statement !== undefined && !(await runStatement(connection, next.statement, terminal)) && !interactive) {
      return 1;
    }
    if (isLost()) {
      terminal.note('svcat: the connection to the database was lost');
      return 1;
    }
    if (interactive) lines.prompt();
  }
  // A file whose last statement lacks its ";" is run to its end.
  if (!interactive && pending.trim() !== '') return (await runStatement(connection, pending, terminal)) ? 0 : 1;
  return 0;
}

/** Whether the statement succeeded. */
async function runStatement(connection: DatabaseConnection, statement: string, terminal: Terminal): Promise<boolean> {
  try {
    for (const result of await connection.run(statement)) terminal.print(resultText(result));
    return true;
  } catch (thrown) {
    terminal.note(`ERROR: ${toError(thrown).message}`);
    return false;
  }
}

async function connect(address: DatabaseAddress, onLost: () => void): Promise<DatabaseConnection> {
  switch (address.type) {
    case 'postgresql': {
      const { connectPostgres } = await import('./postgres.ts');
      return connectPostgres(address, onLost);
    }
    case 'mysql': {
      const { connectMysql } = await import('./mysql.ts');
      return connectMysql(address, onLost);
    }
  }
}

function reasonOf(thrown: unknown): string {
  const error = toError(thrown);
  // Of several addresses that were all tried there is no message, only a code.
  return error.message || (errorCode(error) ?? 'no connection');
}
