import { isRecord } from '../schema/schema.ts';
import { badRequest } from '../status.ts';

/** Where a list goes on, and the revision all of its pages are read at. */
export interface ContinuePoint {
  readonly revision: number;
  readonly namespace: string;
  readonly name: string;
}

/** Opaque to clients. */
export function encodeContinue(point: ContinuePoint): string {
  const { revision, namespace, name } = point;
  return Buffer.from(JSON.stringify({ v: 1, rv: revision, ns: namespace, name })).toString('base64url');
}

/** Throws a 400 for anything {@link encodeContinue} did not make. */
export function decodeContinue(token: string): ContinuePoint {
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(token, 'base64url').toString('utf8'));
  } catch {
    throw invalidToken();
  }
  if (!isRecord(value) || value['v'] !== 1) throw invalidToken();
  const { rv, ns, name } = value;
  if (!Number.isSafeInteger(rv) || typeof ns !== 'string' || typeof name !== 'string') throw invalidToken();
  return { revision: Number(rv), namespace: ns, name };
}

function invalidToken() {
  return badRequest('continue key is not valid: use the metadata.continue of the page before, unchanged');
}
