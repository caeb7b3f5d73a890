import type { AdmissionRequest, UserInfo } from '../../lib/catalog/admission.ts';
import { API_GROUP, CATALOG_RESOURCES } from '../../lib/catalog/resources.ts';
import type { KubeObject } from '../../lib/kube/objects.ts';
import { REVIEW_VERSION } from './rules.ts';

/** The AdmissionReview of `admission.k8s.io/v1`, read and written. */

const API_VERSION = `admission.k8s.io/${REVIEW_VERSION}`;
const KIND = 'AdmissionReview';

/** What is asked. */
export interface Review {
  readonly uid: string;
  /** What is to be decided on; else why there is nothing to decide, or no way to. */
  readonly subject:
    | { readonly kind: 'request'; readonly request: AdmissionRequest }
    /** The rules never send these, and refusing them would only stop somebody else's work. */
    | { readonly kind: 'none-of-ours'; readonly what: string }
    /** Ours, but newer than this program: its rules are not known here. */
    | { readonly kind: 'unknown-version'; readonly what: string };
}

/** What is answered, as `response` without its uid. */
export interface ReviewResponse {
  readonly allowed: boolean;
  readonly patchType?: 'JSONPatch';
  /** Base64 of a JSON patch (RFC 6902). */
  readonly patch?: string;
  readonly warnings?: readonly string[];
  readonly status?: {
    readonly status: 'Failure';
    readonly code: number;
    readonly reason: string;
    readonly message: string;
    readonly details?: object;
  };
}

/** What came is no review this program can answer. The message tells whoever installed it what to change. */
export class ReviewError extends Error {
  override readonly name = 'ReviewError';
}

/** Reads a review. Throws {@link ReviewError}. */
export function readReview(value: unknown): Review {
  if (!isRecord(value) || value['kind'] !== KIND) throw new ReviewError(`the body must be an ${KIND}`);
  if (value['apiVersion'] !== API_VERSION) {
    throw new ReviewError(
      `the body must be of ${API_VERSION}; name only "${REVIEW_VERSION}" in the webhook's admissionReviewVersions`,
    );
  }
  const { request } = value;
  if (!isRecord(request)) throw new ReviewError(`the ${KIND} must have a request`);
  const { uid } = request;
  if (typeof uid !== 'string' || uid === '') throw new ReviewError('request.uid is required');
  return { uid, subject: readSubject(request) };
}

/** The body of the answer. */
export function writeReview(uid: string, response: ReviewResponse): object {
  return { apiVersion: API_VERSION, kind: KIND, response: { uid, ...response } };
}

function readSubject(request: Record<string, unknown>): Review['subject'] {
  const { group, version, resource: plural } = recordIn(request, 'resource');
  const subresource = textIn(request, 'subResource');
  const what = `${String(plural)}${subresource === undefined ? '' : `/${subresource}`} of ${String(group)}/${String(version)}`;
  if (group !== API_GROUP) return { kind: 'none-of-ours', what };
  const { operation } = request;
  if (operation === 'CONNECT') return { kind: 'none-of-ours', what };
  if (operation !== 'CREATE' && operation !== 'UPDATE' && operation !== 'DELETE') {
    throw new ReviewError('request.operation must be CREATE, UPDATE, DELETE or CONNECT');
  }
  const resource = CATALOG_RESOURCES.find((known) => known.plural === plural && known.version === version);
  if (resource === undefined) return { kind: 'unknown-version', what };
  if (subresource !== undefined && subresource !== 'status') return { kind: 'none-of-ours', what };
  const [object, oldObject] = [objectIn(request, 'object'), objectIn(request, 'oldObject')];
  if (operation !== 'DELETE' && object === undefined) throw new ReviewError('request.object is required');
  if (operation === 'UPDATE' && oldObject === undefined) throw new ReviewError('request.oldObject is required');
  const [namespace, name] = [textIn(request, 'namespace'), textIn(request, 'name')];
  return {
    kind: 'request',
    request: {
      operation,
      resource,
      ...(subresource === undefined ? {} : { subresource }),
      ...(namespace === undefined ? {} : { namespace }),
      ...(name === undefined ? {} : { name }),
      ...(object === undefined || operation === 'DELETE' ? {} : { object }),
      ...(oldObject === undefined || operation === 'CREATE' ? {} : { oldObject }),
      user: readUser(recordIn(request, 'userInfo')),
    },
  };
}

/** Who asks, as far as the fields have the types they must have. */
function readUser(user: Record<string, unknown>): UserInfo {
  const { username = '', uid = '', groups = [], extra = {} } = user;
  const fits =
    typeof username === 'string' &&
    typeof uid === 'string' &&
    isTexts(groups) &&
    isRecord(extra) &&
    Object.values(extra).every(isTexts);
  if (!fits) throw new ReviewError('request.userInfo must be a user as the API server describes it');
  return { username, uid, groups, extra: extra as Record<string, string[]> };
}

function objectIn(request: Record<string, unknown>, field: 'object' | 'oldObject'): KubeObject | undefined {
  const value = request[field];
  if (value === undefined || value === null) return undefined;
  if (!isRecord(value) || !isRecord(value['metadata'])) {
    throw new ReviewError(`request.${field} must be an object with metadata`);
  }
  return value as unknown as KubeObject;
}

function recordIn(record: Record<string, unknown>, field: string): Record<string, unknown> {
  const value = record[field];
  if (!isRecord(value)) throw new ReviewError(`request.${field} is required`);
  return value;
}

/** A text that says something; empty counts as absent, as Go leaves it out. */
function textIn(record: Record<string, unknown>, field: string): string | undefined {
  const value = record[field];
  if (value === undefined || value === '') return undefined;
  if (typeof value !== 'string') throw new ReviewError(`request.${field} must be a string`);
  return value;
}

function isTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string');
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
