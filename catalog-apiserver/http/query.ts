import type { Kind } from '../kinds/kind.ts';
import type { DeleteOptions } from '../registry/delete.ts';
import type { Document } from '../registry/decode.ts';
import type { FieldValidation } from '../registry/context.ts';
import type { ListRequest } from '../registry/list.ts';
import { parseRevision } from '../registry/revision.ts';
import type { WatchRequest } from '../registry/watch.ts';
import { isRecord } from '../schema/schema.ts';
import { fieldMatcher, labelMatcher, SelectorError } from '../selectors.ts';
import type { Matcher } from '../selectors.ts';
import type { IncludeObject } from '../table.ts';
import { badRequest } from '../status.ts';

/** Query parameters as what the verbs want. Each function throws a 400 for a value it does not understand. */

/** Watches end after half an hour to an hour when the client does not say: each at another time, so that they do not all come back at once. */
const SHORTEST_WATCH_MS = 30 * 60_000;

export function isTrue(value: string | null): boolean {
  return value === 'true' || value === '1';
}

export function readSelectors(query: URLSearchParams, kind: Kind): Matcher | undefined {
  try {
    const labels = labelMatcher(query.get('labelSelector') ?? '');
    const fields = fieldMatcher(query.get('fieldSelector') ?? '', kind);
    if (labels === undefined) return fields;
    if (fields === undefined) return labels;
    return (object) => labels(object) && fields(object);
  } catch (thrown) {
    throw thrown instanceof SelectorError ? badRequest(thrown.message) : thrown;
  }
}

export function readListRequest(query: URLSearchParams, kind: Kind): ListRequest {
  const limit = wholeNumber(query, 'limit') ?? 0;
  const continueToken = query.get('continue') ?? '';
  const match = query.get('resourceVersionMatch') ?? '';
  const revision = parseRevision(query.get('resourceVersion'));
  if (match !== '' && match !== 'Exact' && match !== 'NotOlderThan')
    throw badRequest(
      `resourceVersionMatch: Unsupported value: ${JSON.stringify(match)}: supported values: "Exact", "NotOlderThan"`,
    );
  if (match !== '' && revision === undefined)
    throw badRequest('resourceVersionMatch is forbidden unless resourceVersion is provided');
  if (match === 'Exact' && revision === 0)
    throw badRequest('resourceVersionMatch "Exact" is forbidden for resourceVersion "0"');
  return {
    matches: readSelectors(query, kind),
    ...(limit === 0 ? {} : { limit }),
    ...(continueToken === '' ? {} : { continueToken }),
    ...(revision === undefined ? {} : { resourceVersion: revision }),
    exact: match === 'Exact',
  };
}

export function readWatchRequest(query: URLSearchParams, kind: Kind, signal: AbortSignal): WatchRequest {
  const revision = parseRevision(query.get('resourceVersion'));
  const initial = query.get('sendInitialEvents');
  const match = query.get('resourceVersionMatch') ?? '';
  if (initial !== null && match !== 'NotOlderThan')
    throw badRequest('sendInitialEvents is forbidden for watch unless resourceVersionMatch=NotOlderThan is provided');
  if (initial === null && match !== '')
    throw badRequest('resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided');
  const seconds = wholeNumber(query, 'timeoutSeconds') ?? 0;
  return {
    matches: readSelectors(query, kind),
    ...(revision === undefined ? {} : { resourceVersion: revision }),
    ...(initial === null ? {} : { sendInitialEvents: isTrue(initial) }),
    bookmarks: isTrue(query.get('allowWatchBookmarks')),
    timeoutMs: seconds === 0 ? SHORTEST_WATCH_MS * (1 + Math.random()) : seconds * 1_000,
    signal,
  };
}

export function readDryRun(query: URLSearchParams): boolean {
  const values = query.getAll('dryRun');
  if (values.some((value) => value !== 'All')) throw badRequest('dryRun: Unsupported value: supported values: "All"');
  return values.length > 0;
}

export function readFieldValidation(query: URLSearchParams): FieldValidation {
  const value = query.get('fieldValidation') ?? '';
  if (value === '') return 'Warn';
  if (value === 'Ignore' || value === 'Warn' || value === 'Strict') return value;
  throw badRequest(
    `fieldValidation: Unsupported value: ${JSON.stringify(value)}: supported values: "Ignore", "Strict", "Warn"`,
  );
}

export function readIncludeObject(query: URLSearchParams): IncludeObject {
  const value = query.get('includeObject') ?? '';
  if (value === '') return 'Metadata';
  if (value === 'None' || value === 'Metadata' || value === 'Object') return value;
  throw badRequest(
    `includeObject: Unsupported value: ${JSON.stringify(value)}: supported values: "None", "Metadata", "Object"`,
  );
}

/** The options of a deletion, from the body when there is one, as Kubernetes prefers it. */
export function readDeleteOptions(
  query: URLSearchParams,
  body: Document | undefined,
): DeleteOptions & { dryRun: boolean } {
  const value = body?.value ?? {};
  if (!isRecord(value)) throw badRequest('the body of a deletion must be DeleteOptions');
  if (value['orphanDependents'] !== undefined || query.has('orphanDependents'))
    throw badRequest('orphanDependents is not supported; use propagationPolicy');
  const policy = value['propagationPolicy'] ?? query.get('propagationPolicy') ?? '';
  if (policy !== '' && policy !== 'Background' && policy !== 'Foreground' && policy !== 'Orphan')
    throw badRequest('propagationPolicy: Unsupported value: supported values: "Background", "Foreground", "Orphan"');
  const dryRun: unknown = value['dryRun'] ?? [];
  if (!Array.isArray(dryRun) || dryRun.some((entry) => entry !== 'All'))
    throw badRequest('dryRun: Unsupported value: supported values: "All"');
  return {
    ...(policy === '' ? {} : { propagationPolicy: policy }),
    preconditions: readPreconditions(value['preconditions'] ?? {}),
    dryRun: dryRun.length > 0 || readDryRun(query),
  };
}

function readPreconditions(value: unknown): NonNullable<DeleteOptions['preconditions']> {
  if (!isRecord(value)) throw badRequest('preconditions must be an object');
  const { uid, resourceVersion } = value;
  for (const part of [uid, resourceVersion]) {
    if (part !== undefined && part !== null && typeof part !== 'string')
      throw badRequest('preconditions: uid and resourceVersion must be strings');
  }
  return {
    ...(typeof uid === 'string' ? { uid } : {}),
    ...(typeof resourceVersion === 'string' ? { resourceVersion } : {}),
  };
}

function wholeNumber(query: URLSearchParams, name: string): number | undefined {
  const text = query.get(name);
  if (text === null || text === '') return undefined;
  if (!/^\d{1,9}$/u.test(text))
    throw badRequest(`${name}: Invalid value: ${JSON.stringify(text)}: must be a whole number`);
  return Number(text);
}
