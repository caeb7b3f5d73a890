import { OsbError } from './errors.ts';
import { isJsonObject } from './json-value.ts';
import type { OriginatingIdentity } from './types.ts';

/** The headers of spec.md "Headers", read and written. */

export const API_VERSION_HEADER = 'X-Broker-API-Version';
export const ORIGINATING_IDENTITY_HEADER = 'X-Broker-API-Originating-Identity';
export const REQUEST_IDENTITY_HEADER = 'X-Broker-API-Request-Identity';
/**
 * Ours, not the specification's: which cluster and namespace a request is for. Requests without a body cannot say it
 * otherwise, and a deletion is the one that matters most: a tenant who can make a platform delete "its" instance with
 * a neighbour's id must not reach the neighbour's database. Brokers that do not know the header leave it alone.
 */
export const CONTEXT_HEADER = 'X-Service-Catalog-Context';

/** The version we speak, and the oldest 2.x that asks nothing of a broker which ours does not give. */
export const CURRENT_API_VERSION = '2.17';
const OLDEST_MINOR = 13;

const VERSION = /^(\d{1,5})\.(\d{1,5})$/;
/** Longer identities do not come from a platform; Node itself ends a request whose headers exceed 16 kB. */
const MAX_IDENTITY_LENGTH = 12_000;
const PLATFORM = /^[\x21-\x7e]{1,100}$/;
const BASE64 = /^[A-Za-z0-9+/_-]+={0,2}$/;
const MAX_CONTEXT_LENGTH = 4_096;
const REQUEST_IDENTITY = /^[\x21-\x7e]{1,128}$/;

/**
 * The version a platform speaks. Every 2.x from 2.13 is accepted, later ones too, since minor versions only add.
 * @throws OsbError ApiVersionNotSupported for anything else.
 */
export function parseApiVersion(header: string | undefined): { readonly major: 2; readonly minor: number } {
  const expected = `send ${API_VERSION_HEADER}: ${CURRENT_API_VERSION} (2.${OLDEST_MINOR} and every later 2.x is accepted)`;
  if (header === undefined) throw new OsbError('ApiVersionNotSupported', `The API version is missing; ${expected}.`);
  const [, major, minor] = VERSION.exec(header.trim()) ?? [];
  if (major !== '2' || Number(minor) < OLDEST_MINOR) {
    throw new OsbError('ApiVersionNotSupported', `This API version is not supported; ${expected}.`);
  }
  return { major: 2, minor: Number(minor) };
}

/** `<platform> <base64 of the JSON object>`. */
export function encodeOriginatingIdentity(identity: OriginatingIdentity): string {
  if (!PLATFORM.test(identity.platform)) throw new TypeError('the platform of an identity must be one word');
  return `${identity.platform} ${Buffer.from(JSON.stringify(identity.value)).toString('base64')}`;
}

/**
 * Who asked, or undefined when the platform did not say.
 * @throws OsbError BadRequest when the header is there and not of the form the specification gives.
 */
export function parseOriginatingIdentity(header: string | undefined): OriginatingIdentity | undefined {
  if (header === undefined) return undefined;
  const fail = (problem: string): OsbError =>
    new OsbError('BadRequest', `${ORIGINATING_IDENTITY_HEADER} ${problem}; it is "platform base64-of-a-JSON-object".`);
  if (header.length > MAX_IDENTITY_LENGTH) throw fail(`is longer than ${MAX_IDENTITY_LENGTH} characters`);
  const [platform, encoded, ...rest] = header.trim().split(/ +/);
  if (platform === undefined || encoded === undefined || rest.length > 0 || !PLATFORM.test(platform)) {
    throw fail('does not have two parts');
  }
  if (!BASE64.test(encoded)) throw fail('is not base64');
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(encoded, 'base64').toString('utf8'));
  } catch {
    throw fail('does not contain JSON');
  }
  if (!isJsonObject(value)) throw fail('does not contain a JSON object');
  return { platform, value };
}

/** Where a request is for, as {@link CONTEXT_HEADER} carries it: the part of a context that names a scope. */
export type RequestPlace = Readonly<Record<'clusterid' | 'namespace', string>>;

/** Base64 of the JSON object. */
export function encodeContext({ clusterid, namespace }: RequestPlace): string {
  return Buffer.from(JSON.stringify({ clusterid, namespace })).toString('base64');
}

/**
 * Where the request is for, or undefined when the platform did not say.
 * @throws OsbError BadRequest when the header is there and not of its form.
 */
export function parseContext(header: string | undefined): RequestPlace | undefined {
  if (header === undefined) return undefined;
  const malformed = new OsbError(
    'BadRequest',
    `${CONTEXT_HEADER} must be base64 of a JSON object with clusterid and namespace.`,
  );
  if (header.length > MAX_CONTEXT_LENGTH) throw malformed;
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(header, 'base64').toString('utf8'));
  } catch {
    throw malformed;
  }
  if (!isJsonObject(value)) throw malformed;
  const { clusterid = '', namespace = '' } = value;
  if (typeof clusterid !== 'string' || typeof namespace !== 'string') throw malformed;
  return { clusterid, namespace };
}

/** The platform's identity of a request for logs and the answer; undefined when absent or not fit for a log line. */
export function parseRequestIdentity(header: string | undefined): string | undefined {
  return header !== undefined && REQUEST_IDENTITY.test(header) ? header : undefined;
}

/** `Retry-After` in seconds, whichever of its two forms it has; at most a day. `now` is in milliseconds. */
export function parseRetryAfter(header: string | undefined, now: number): number | undefined {
  if (header === undefined) return undefined;
  const text = header.trim();
  const seconds = /^\d{1,10}$/.test(text) ? Number(text) : Math.ceil((Date.parse(text) - now) / 1_000);
  if (Number.isNaN(seconds)) return undefined;
  return Math.min(Math.max(seconds, 0), 86_400);
}
