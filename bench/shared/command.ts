import { parseFlags, settingsOrExit } from '../../lib/runtime/command-line.ts';

/** A flag that takes a value. */
interface Flag {
  /** What stands for its value in the help, such as `N`. */
  readonly value: string;
  readonly says: string;
  /** Without it the value may be absent. */
  readonly default?: string;
}

/** A script that is started by a person, and the flags it knows. */
interface Command<F extends Readonly<Record<string, Flag>>> {
  /** As it is typed, `npm run bench -- broker`. */
  readonly name: string;
  readonly says: string;
  readonly flags: F;
}

export type FlagValues<F extends Readonly<Record<string, Flag>>> = {
  readonly [Name in keyof F]: F[Name] extends { readonly default: string } ? string : string | undefined;
};

/**
 * What `read` makes of the flags the process was started with. Ends the process where there is nothing to go on with:
 * with 0 and the help when that was asked for, with 2 and one line when a flag is unknown or `read` throws a UsageError.
 */
export function argumentsOf<F extends Readonly<Record<string, Flag>>, T extends object>(
  command: Command<F>,
  read: (values: FlagValues<F>) => T,
): T {
  const options = Object.fromEntries(
    Object.entries(command.flags).map(([name, flag]) => [
      name,
      { type: 'string' as const, ...(flag.default === undefined ? {} : { default: flag.default }) },
    ]),
  );
  const parse = (args: readonly string[]): T | 'help' => {
    const { help, ...values } = parseFlags(args, { ...options, help: { type: 'boolean', short: 'h' } });
    return help === true ? 'help' : read(values as FlagValues<F>);
  };
  return settingsOrExit(command.name, helpOf(command), parse);
}

/** The text of `--help`: a line for each flag. */
function helpOf({ name, says, flags }: Command<Readonly<Record<string, Flag>>>): string {
  const lines = Object.entries(flags).map(([flag, { value, says: what, default: fallback }]) => [
    `--${flag} ${value}`,
    fallback === undefined ? what : `${what} (${fallback})`,
  ]);
  const rows = [...lines, ['--help', 'this text']];
  const width = Math.max(...rows.map(([flag = '']) => flag.length));
  return `Usage: ${name} [flags]\n\n${says}\n\n${rows.map(([flag = '', what = '']) => `  ${flag.padEnd(width)}  ${what}\n`).join('')}`;
}
