import { createInterface } from 'node:readline';
import { errorCode, toError } from '../../lib/runtime/errors.ts';
import type { Terminal } from '../terminal.ts';
import type { DatabaseAddress, DatabaseConnection, DatabaseType } from './database.ts';
import { resultText } from './result-text.ts';
import type { PromptCommand } from './statements.ts';
import { HELP, tablesStatement, typed } from './statements.ts';

/** Before the second and further lines of a statement. */
const CONTINUATION = '   -> ';

/**
 * A small SQL prompt for machines without psql or mysql: statements that end with `;`, results as tables, until the
 * input ends or the user types `exit`. `why` says to the user why it is this prompt. The drivers are loaded here, so that other commands start without them.
 *
 * Returns the exit code: with somebody at the terminal 0; otherwise 1 after the first statement that failed, which is
 * also the last that was run, as `psql -v ON_ERROR_STOP=1` and `mysql` do.
 */
export async function runPrompt(address: DatabaseAddress, terminal: Terminal, why: string): Promise<number> {
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
    return await readStatements(address, connection, terminal, why, () => lost);
  } finally {
    await connection.close().catch(onLost);
  }
}

async function readStatements(
  address: DatabaseAddress,
  connection: DatabaseConnection,
  terminal: Terminal,
  why: string,
  isLost: () => boolean,
): Promise<number> {
  const { interactive } = terminal;
  const lines = createInterface({
    input: terminal.input,
    ...(interactive ? { output: terminal.output, terminal: true } : {}),
  });
  let pending = '';
  let running = false;
  const run = async (statement: string): Promise<boolean> => {
    running = true;
    const succeeded = await runStatement(connection, statement, terminal);
    running = false;
    return succeeded;
  };
  const prompt = (): void => {
    if (!interactive) return;
    lines.setPrompt(pending === '' ? `${address.database}> ` : CONTINUATION);
    lines.prompt();
  };
  // Ctrl-C cancels what runs, or forgets what was typed, as in psql; Ctrl-D ends the input.
  lines.on('SIGINT', () => {
    terminal.print('^C');
    if (running) {
      void cancel(connection, terminal);
      return;
    }
    pending = '';
    prompt();
  });
  if (interactive)
    terminal.note(`This is svcat's built-in prompt (${why}). SQL ends with ";"; "help" says what else there is.`);
  prompt();
  for await (const line of lines) {
    const next = typed(pending, line);
    pending = next.pending;
    if (next.command?.name === 'quit') break;
    const statement = next.command === undefined ? next.statement : carryOut(next.command, address.type, terminal);
    if (statement !== undefined && !(await run(statement)) && !interactive) return 1;
    if (isLost()) {
      terminal.note('svcat: the connection to the database was lost');
      return 1;
    }
    prompt();
  }
  // A file whose last statement lacks its ";" is run to its end.
  if (!interactive && pending.trim() !== '') return (await runStatement(connection, pending, terminal)) ? 0 : 1;
  return 0;
}

/** Does what a command of the prompt asks for; the SQL that is left to run, if any. */
function carryOut(command: PromptCommand, type: DatabaseType, terminal: Terminal): string | undefined {
  switch (command.name) {
    case 'tables':
      return tablesStatement(type, command.table);
    case 'help':
      terminal.print(HELP);
      return undefined;
    case 'unknown':
      terminal.note(`svcat: the built-in prompt has no command ${command.text}; "help" lists what it has`);
      return undefined;
    case 'quit':
      return undefined;
  }
}

/** Has the server end the running statement, and says what became of that. */
async function cancel(connection: DatabaseConnection, terminal: Terminal): Promise<void> {
  terminal.note('cancelling the statement…');
  try {
    await connection.cancel();
  } catch (thrown) {
    terminal.note(`svcat: the statement could not be cancelled and goes on: ${reasonOf(thrown)}`);
  }
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
