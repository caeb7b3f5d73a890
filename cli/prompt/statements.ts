/** What has been typed so far and is not a whole statement yet. */
export interface Typed {
  readonly pending: string;
  /** Ready to be run. */
  readonly statement?: string;
  /** The user wants to leave. */
  readonly quit?: true;
}

const QUIT = /^(\\q|quit|exit)\s*;?$/i;

/** Takes one more line. A statement is whole when its line ends with `;`, as in psql and mysql. */
export function typed(pending: string, line: string): Typed {
  if (pending === '' && QUIT.test(line.trim())) return { pending: '', quit: true };
  const text = pending === '' ? line : `${pending}\n${line}`;
  if (!line.trimEnd().endsWith(';')) return { pending: text.trim() === '' ? '' : text };
  const statement = text.trim();
  // The drivers take a statement without its end; nothing but ends is nothing to run.
  return /^[;\s]*$/.test(statement) ? { pending: '' } : { pending: '', statement };
}
