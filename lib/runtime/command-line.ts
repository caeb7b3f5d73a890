import { parseArgs } from 'node:util';
import type { ParseArgsOptionsConfig } from 'node:util';
import { UsageError } from './errors.ts';

/** Flags of a program, and how it ends when they are wrong. */

export const LOG_LEVELS: readonly string[] = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'];

/**
 * The values of the flags; there are no other arguments.
 * @throws UsageError with one sentence.
 */
export function parseFlags<T extends ParseArgsOptionsConfig>(args: readonly string[], options: T) {
  try {
    return parseArgs({ args: [...args], options, allowPositionals: false }).values;
  } catch (thrown) {
    const message = thrown instanceof Error ? thrown.message.split('. ')[0] : String(thrown);
    throw new UsageError(`${message ?? 'the command line is wrong'}; --help lists the flags`);
  }
}

/** A level of the log. Throws UsageError. */
export function logLevel(flag: string, text: string): string {
  if (!LOG_LEVELS.includes(text)) {
    throw new UsageError(`${flag} must be one of ${LOG_LEVELS.join(', ')}, not "${text}"`);
  }
  return text;
}

/** `HOST:PORT`, `[::1]:PORT`, or `:PORT` with an empty host: every address, to who listens. Throws UsageError. */
export function hostAndPort(flag: string, text: string, lowestPort: number): { host: string; port: number } {
  const match = /^(\[[0-9a-fA-F:.]+\]|[^:[\]\s]*):(\d{1,5})$/.exec(text);
  const port = Number(match?.[2]);
  if (match === null || port > 65_535 || port < lowestPort) {
    throw new UsageError(`${flag} must be HOST:PORT, such as 127.0.0.1:8444, not "${text}"`);
  }
  return { host: (match[1] ?? '').replace(/^\[|\]$/g, ''), port };
}

/**
 * The settings `parse` makes of the command line. Ends the process where there is nothing to go on with: with 0 and
 * `usage` when help was asked for, with 2 and one sentence when a flag is wrong.
 */
export function settingsOrExit<T>(
  program: string,
  usage: string,
  parse: (args: readonly string[]) => T | 'help',
): Exclude<T, 'help'> {
  try {
    const parsed = parse(process.argv.slice(2));
    if (parsed !== 'help') return parsed as Exclude<T, 'help'>;
    process.stdout.write(usage);
    return process.exit(0);
  } catch (thrown) {
    if (!(thrown instanceof UsageError)) throw thrown;
    process.stderr.write(`${program}: ${thrown.message}\n`);
    return process.exit(2);
  }
}
