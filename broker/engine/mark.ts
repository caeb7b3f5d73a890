import type { DatabaseMark } from './engine.ts';

/** A mark and what the engine itself wants to find again beside it. */
export interface StoredMark extends DatabaseMark {
  readonly connectionLimit: number;
}

/** The mark as one line of JSON, for engines that keep it in a comment. */
export function printMark(mark: StoredMark): string {
  return JSON.stringify({
    instanceId: mark.instanceId,
    scope: mark.scope,
    connectionLimit: mark.connectionLimit,
  });
}

/** The mark in a comment, or undefined where there is none that this broker understands. */
export function parseMark(comment: string | null): StoredMark | undefined {
  if (comment === null) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(comment);
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null) return undefined;
  if (!('instanceId' in value) || !('scope' in value) || !('connectionLimit' in value)) return undefined;
  const { instanceId, scope, connectionLimit } = value;
  if (typeof instanceId !== 'string' || typeof scope !== 'string' || typeof connectionLimit !== 'number') {
    return undefined;
  }
  return { instanceId, scope, connectionLimit };
}
