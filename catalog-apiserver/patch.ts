import { copyJson } from '../lib/kube/copy-json.ts';
import { applyPatch } from 'rfc6902';
import type { Operation } from 'rfc6902';
import { isRecord } from './schema/schema.ts';

/** What a patch made of a document. The document given is never changed. */

/** A patch that does not fit the document or is not a patch at all. */
export class PatchError extends Error {
  override readonly name = 'PatchError';
  /** `malformed`: not a patch. `inapplicable`: a fine patch for another document. */
  readonly fault: 'malformed' | 'inapplicable';

  constructor(fault: PatchError['fault'], message: string) {
    super(message);
    this.fault = fault;
  }
}

/** Operations in one JSON patch; each may copy a part of the document, so their number is bounded as in Kubernetes. */
const MAX_OPERATIONS = 10_000;

const OPERATIONS = new Set(['add', 'remove', 'replace', 'move', 'copy', 'test']);

/** JSON merge patch, RFC 7386: objects are merged, null removes, everything else replaces. */
export function mergePatch(target: unknown, patch: unknown): unknown {
  if (!isRecord(patch)) return patch;
  const merged = new Map(Object.entries(isRecord(target) ? target : {}));
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) merged.delete(name);
    else merged.set(name, mergePatch(merged.get(name), value));
  }
  return Object.fromEntries(merged);
}

/** JSON patch, RFC 6902: all operations or none. Throws {@link PatchError}. */
export function jsonPatch(target: unknown, patch: unknown): unknown {
  const operations = readOperations(patch);
  const document: unknown = copyJson(target);
  // One at a time: a patch that fails half-way stops there, and the message names the operation.
  operations.forEach((operation, index) => {
    const [failure] = applyPatch(document, [operation]);
    if (failure === null || failure === undefined) return;
    const what = `operation ${index} (${operation.op} ${operation.path})`;
    const why = operation.op === 'test' ? 'the test failed' : 'the path does not exist';
    throw new PatchError('inapplicable', `${what}: ${why}`);
  });
  return document;
}

function readOperations(patch: unknown): Operation[] {
  if (!Array.isArray(patch)) throw new PatchError('malformed', 'a JSON patch is a list of operations');
  if (patch.length > MAX_OPERATIONS)
    throw new PatchError(
      'malformed',
      `a JSON patch may have at most ${MAX_OPERATIONS} operations, not ${patch.length}`,
    );
  return patch.map((operation: unknown, index) => {
    const known = isRecord(operation) && typeof operation['op'] === 'string' && OPERATIONS.has(operation['op']);
    if (!known)
      throw new PatchError('malformed', `operation ${index}: op must be one of ${[...OPERATIONS].join(', ')}`);
    for (const member of ['path', ...(operation['op'] === 'move' || operation['op'] === 'copy' ? ['from'] : [])]) {
      const pointer = operation[member];
      // The whole document as a target would let a patch replace type and metadata in one go.
      if (typeof pointer !== 'string' || !pointer.startsWith('/'))
        throw new PatchError(
          'malformed',
          `operation ${index}: ${member} must be a JSON pointer such as /metadata/labels`,
        );
      if (leavesDocument(pointer))
        throw new PatchError('malformed', `operation ${index}: ${member} ${pointer} does not lead into the object`);
    }
    return operation as unknown as Operation;
  });
}

/**
 * Whether a pointer goes through what every JavaScript object inherits. The library takes such an operation for done
 * and does nothing; older ones changed all objects of the process.
 */
function leavesDocument(pointer: string): boolean {
  const parts = pointer.slice(1).split('/');
  return parts.includes('__proto__') || parts.slice(0, -1).some((part) => part in Object.prototype);
}
