import type { DatabaseType } from './database.ts';

/** What the prompt itself understands; a database never sees these. */
export type PromptCommand =
  | { readonly name: 'quit' }
  | { readonly name: 'help' }
  /** The tables, or the columns of one. */
  | { readonly name: 'tables'; readonly table?: string }
  | { readonly name: 'unknown'; readonly text: string };

/** What has been typed so far and is not a whole statement yet. */
export interface Typed {
  readonly pending: string;
  /** Ready to be run. */
  readonly statement?: string;
  /** Typed where a statement would begin. */
  readonly command?: PromptCommand;
}

/**
 * Takes one more line. A statement is whole when its line ends with `;`, as in psql and mysql; a command of the prompt
 * is whole without.
 */
export function typed(pending: string, line: string): Typed {
  const command = pending === '' ? commandOf(line.replace(/[;\s]+$/, '').trim()) : undefined;
  if (command !== undefined) return { pending: '', command };
  const text = pending === '' ? line : `${pending}\n${line}`;
  if (!line.trimEnd().endsWith(';')) return { pending: text.trim() === '' ? '' : text };
  const statement = text.trim();
  // The drivers take a statement without its end; nothing but ends is nothing to run.
  return /^[;\s]*$/.test(statement) ? { pending: '' } : { pending: '', statement };
}

function commandOf(text: string): PromptCommand | undefined {
  if (/^(\\q|quit|exit)$/i.test(text)) return { name: 'quit' };
  if (/^(\\\?|\\h|help)$/i.test(text)) return { name: 'help' };
  const table = /^\\dt?(?:\s+([\p{L}\p{N}_$-]+))?$/u.exec(text);
  if (table !== null) return { name: 'tables', ...(table[1] === undefined ? {} : { table: table[1] }) };
  // No SQL begins like this, so waiting for its end would be in vain.
  return text.startsWith('\\') ? { name: 'unknown', text } : undefined;
}

export const HELP = `SQL ends with ";" and may take several lines. Besides:
  \\d          the tables
  \\d TABLE    the columns of a table
  Ctrl-C      forgets what was typed, or cancels the statement that runs
  \\q, exit    leaves, as quit and Ctrl-D do`;

/** The SQL of `\d`. Both databases know the standard's views; the name of a table is letters, digits, `_`, `$` and `-`. */
export function tablesStatement(type: DatabaseType, table: string | undefined): string {
  // What PostgreSQL calls a schema is a database to MySQL, where only the current one is meant.
  const shown =
    type === 'mysql' ? 'table_schema = DATABASE()' : "table_schema NOT IN ('information_schema', 'pg_catalog')";
  return table === undefined
    ? 'SELECT table_schema AS "schema", table_name AS "table", table_type AS "type" ' +
        `FROM information_schema.tables WHERE ${shown} ORDER BY 1, 2`
    : 'SELECT table_schema AS "schema", column_name AS "column", data_type AS "type", is_nullable AS "null", ' +
        `column_default AS "default" FROM information_schema.columns WHERE ${shown} AND table_name = '${table}' ` +
        'ORDER BY table_schema, ordinal_position';
}
