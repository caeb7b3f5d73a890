import type { Readable, Writable } from 'node:stream';

/** Where a command reads and writes. */
export interface Terminal {
  readonly input: Readable;
  readonly output: Writable;
  /** Whether somebody types, so that prompts make sense. */
  readonly interactive: boolean;
  /** Writes a text with a line break at its end; nothing for an empty one. */
  print(text: string): void;
  /** The same to standard error, for what is not the result. */
  note(text: string): void;
}

type MaybeTty<T> = T & { readonly isTTY?: boolean };

export function createTerminal(input: MaybeTty<Readable>, output: MaybeTty<Writable>, errors: Writable): Terminal {
  // A reader that goes away early (`svcat get … | head`) is no failure of ours.
  output.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
  });
  return {
    input,
    output,
    interactive: input.isTTY === true && output.isTTY === true,
    print: (text) => {
      if (text !== '') output.write(withLineBreak(text));
    },
    note: (text) => {
      if (text !== '') errors.write(withLineBreak(text));
    },
  };
}

function withLineBreak(text: string): string {
  return text.endsWith('\n') ? text : `${text}\n`;
}
