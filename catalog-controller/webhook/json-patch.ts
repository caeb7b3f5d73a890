import { sameJson } from '../../lib/catalog/same-json.ts';

/** One operation of a JSON patch (RFC 6902). */
export type PatchOperation =
  | { readonly op: 'add' | 'replace'; readonly path: string; readonly value: unknown }
  | { readonly op: 'remove'; readonly path: string };

/**
 * The patch that makes `to` of `from`. Members are compared one by one, so what admission leaves alone is not in it and
 * keeps every digit of its numbers; a list that differs is replaced whole, for a minimal change of a list costs the
 * product of its lengths to find, and whoever sends the list chooses them.
 */
export function jsonPatch(from: unknown, to: unknown): PatchOperation[] {
  const operations: PatchOperation[] = [];
  compare(from, to, '', operations);
  return operations;
}

function compare(from: unknown, to: unknown, path: string, operations: PatchOperation[]): void {
  if (!isRecord(from) || !isRecord(to)) {
    if (!sameJson(from, to)) operations.push({ op: 'replace', path, value: to });
    return;
  }
  for (const name of Object.keys(from)) {
    if (!has(to, name) && has(from, name)) operations.push({ op: 'remove', path: `${path}/${escape(name)}` });
  }
  for (const name of Object.keys(to)) {
    if (!has(to, name)) continue;
    const at = `${path}/${escape(name)}`;
    if (has(from, name)) compare(from[name], to[name], at, operations);
    else operations.push({ op: 'add', path: at, value: to[name] });
  }
}

/** A member that is undefined is not in the JSON text. */
function has(record: Record<string, unknown>, name: string): boolean {
  return Object.hasOwn(record, name) && record[name] !== undefined;
}

/** One step of a JSON pointer (RFC 6901). */
function escape(name: string): string {
  return name.replaceAll('~', '~0').replaceAll('/', '~1');
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
