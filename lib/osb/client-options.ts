import { X509Certificate } from 'node:crypto';
import { UsageError } from '../runtime/errors.ts';
import { basicAuthorization } from './basic-auth.ts';
import type { BasicCredentials } from './basic-auth.ts';
import type { OsbCall } from './client-contract.ts';

/** How the platform proves who it is. */
export type OsbAuth = { readonly basic: BasicCredentials } | { readonly bearer: string };

/** Where a `host:port` of the URL is really found; TLS goes on to expect the host of the URL (as `curl --connect-to`). */
export type ConnectOverrides = Readonly<Record<string, { readonly host: string; readonly port: number }>>;

export interface OsbClientOptions {
  /** `http(s)://host[:port][/path]`; slashes at its end do not matter. No user, query or fragment. */
  readonly url: string;
  readonly auth?: OsbAuth;
  /** PEM; these authorities are trusted instead of the system's. */
  readonly caBundle?: string;
  /** Trust any certificate. Not together with `caBundle`. */
  readonly insecureSkipTlsVerify?: boolean;
  /** For a whole request, connecting and the body of the answer included, milliseconds; 60 s when absent. */
  readonly timeoutMs?: number;
  /** Sent as X-Broker-API-Version; the current one when absent. */
  readonly apiVersion?: string;
  readonly connect?: ConnectOverrides;
  /** Longer answers are nonsense; 8 MiB when absent. */
  readonly maxBodyBytes?: number;
  /** Told of each call when it has ended, for metrics. */
  readonly onCall?: (call: OsbCall) => void;
}

/** Where requests go. */
export interface Target {
  /** `https://host:port`. */
  readonly origin: string;
  /** Path the URL begins with, without a slash at its end. */
  readonly basePath: string;
}

/**
 * The parts of a broker's URL.
 * @throws UsageError when it is not one we call; the text of the URL is left out, since it may hold a password.
 */
export function parseTarget(text: string): Target {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !['http:', 'https:'].includes(url.protocol)) {
    throw new UsageError('the URL of the broker must begin with http:// or https:// and have a host');
  }
  if (url.username !== '' || url.password !== '') {
    throw new UsageError('the URL of the broker must not contain a user or password; give them as authInfo');
  }
  if (url.search !== '' || url.hash !== '') throw new UsageError('the URL of the broker must not have a ? or # part');
  return { origin: url.origin, basePath: url.pathname.replace(/\/+$/, '') };
}

/** The value of `Authorization`, and the texts that must not show up in a message. */
export function authorization(auth: OsbAuth | undefined): { readonly header?: string; readonly secrets: string[] } {
  if (auth === undefined) return { secrets: [] };
  if ('bearer' in auth) {
    // RFC 6750's alphabet is narrower; what matters is that the value is one word and fits in a header.
    if (!/^[\x21-\x7e]+$/.test(auth.bearer)) {
      throw new UsageError('the token has a space, line break or non-ASCII character in it, or is empty');
    }
    return { header: `Bearer ${auth.bearer}`, secrets: [auth.bearer] };
  }
  if (auth.basic.username.includes(':')) throw new UsageError('the user name must not contain a colon');
  const header = basicAuthorization(auth.basic);
  return { header, secrets: [auth.basic.password, header.slice('Basic '.length)] };
}

/** What `tls.connect` needs to trust the right brokers. */
export function trust(options: Pick<OsbClientOptions, 'caBundle' | 'insecureSkipTlsVerify'>): {
  readonly ca?: string[];
  readonly rejectUnauthorized: boolean;
} {
  const { caBundle, insecureSkipTlsVerify = false } = options;
  if (caBundle === undefined) return { rejectUnauthorized: !insecureSkipTlsVerify };
  if (insecureSkipTlsVerify) throw new UsageError('caBundle and insecureSkipTLSVerify exclude each other');
  const certificates = caBundle.match(/-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g) ?? [];
  // TLS would ignore what it cannot read and fail later with a message about the broker's certificate.
  if (certificates.length === 0 || !certificates.every(isCertificate)) {
    throw new UsageError('caBundle is not a list of certificates in PEM form');
  }
  return { ca: certificates, rejectUnauthorized: true };
}

function isCertificate(pem: string): boolean {
  try {
    return new X509Certificate(pem).raw.length > 0;
  } catch {
    return false;
  }
}
