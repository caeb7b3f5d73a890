import { open, rename, stat } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { lastLines } from './command.ts';

/** A log that grew beyond this is put aside when its process starts again; one old one is kept. Bytes. */
const LARGEST = 16 * 1024 * 1024;
/** A longer line does not fit into a sentence, characters. */
const LONGEST_LINE = 500;

/** Opens the log of a process that is about to start, for its owner only; `offset` is where its lines will begin. */
export async function openLog(path: string): Promise<{ readonly file: FileHandle; readonly offset: number }> {
  if ((await sizeOf(path)) > LARGEST) await rename(path, `${path}.1`);
  const file = await open(path, 'a', 0o600);
  return { file, offset: (await file.stat()).size };
}

/** What the lines after `offset` say went wrong, short enough for a sentence. */
export async function reasonInLog(path: string, offset: number): Promise<string> {
  const size = await sizeOf(path);
  const from = Math.max(offset, size - 64 * 1024);
  const file = await open(path, 'r').catch(() => undefined);
  if (!file) return '';
  try {
    const buffer = Buffer.alloc(Math.max(0, size - from));
    await file.read(buffer, 0, buffer.length, from);
    const text = buffer.toString('utf8');
    // What was cut off in front may have left a part of a line.
    return reasonIn(from === offset ? text : text.slice(text.indexOf('\n') + 1));
  } finally {
    await file.close();
  }
}

/**
 * Our programs log JSON and say with level `fatal` why they end; servers end with lines of text. A line is given whole
 * or not at all.
 */
export function reasonIn(text: string): string {
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  const entries = lines.map(parseEntry).filter((entry) => entry !== undefined);
  const entry =
    entries.findLast(({ level }) => level === 'fatal') ?? entries.findLast(({ level }) => level === 'error');
  if (entry) return lastLines([entry.msg, entry.err?.message].filter(Boolean).join(': '), 12);
  const plain = lines.filter((line) => !line.startsWith('{') && line.length <= LONGEST_LINE);
  // `TypeError: …` above a stack, `FATAL: …` of PostgreSQL, `[ERROR] …` of MySQL.
  const grave = plain.findLast((line) => /^\w*Error\b.*: |\b(FATAL|PANIC|ERROR)\b/.test(line));
  return (grave ?? plain.at(-1) ?? '').trim();
}

interface LogEntry {
  readonly level: string;
  readonly msg?: string;
  readonly err?: { readonly message?: string };
}

function parseEntry(line: string): LogEntry | undefined {
  if (!line.startsWith('{')) return undefined;
  try {
    return JSON.parse(line) as LogEntry;
  } catch {
    return undefined;
  }
}

async function sizeOf(path: string): Promise<number> {
  return stat(path).then(
    (stats) => stats.size,
    () => 0,
  );
}
