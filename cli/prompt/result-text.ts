import { table } from '../output/table.ts';
import type { StatementResult } from './database.ts';

/** More rows than these are counted and not shown; a prompt is for looking, and a terminal holds no more. */
const MAX_ROWS = 1_000;
const MAX_CELL = 500;

/** A result as a table, or its summary when it has no rows to show. */
export function resultText({ columns, rows, summary }: StatementResult): string {
  if (columns.length === 0) return summary;
  const shown = rows.slice(0, MAX_ROWS).map((row) => row.map(cellText));
  const more = rows.length > MAX_ROWS ? `, the first ${MAX_ROWS} shown` : '';
  return `${table(columns, shown)}\n(${rows.length} ${rows.length === 1 ? 'row' : 'rows'}${more})`;
}

function cellText(value: unknown): string {
  if (value === null || value === undefined) return 'NULL';
  const text = asText(value);
  return text.length > MAX_CELL ? `${text.slice(0, MAX_CELL)}…` : text;
}

function asText(value: unknown): string {
  if (typeof value === 'string') return value;
  if (Buffer.isBuffer(value)) return `0x${value.subarray(0, MAX_CELL).toString('hex')}`;
  return JSON.stringify(value);
}
