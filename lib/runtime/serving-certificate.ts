import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createSecureContext } from 'node:tls';
import type { Clock } from './clock.ts';
import { errorCode, toError, UsageError } from './errors.ts';
import type { Logger } from './log.ts';

/** The files a server's certificate comes from. */
export interface CertificateFiles {
  readonly cert: NamedFile;
  readonly key: NamedFile;
}

/** A file, and the flag or the key of a configuration that names it, for messages. */
export interface NamedFile {
  readonly flag: string;
  readonly path: string;
}

/** A certificate and its key as a server takes them. Holds a secret. */
export interface ServingCertificate {
  readonly cert: string;
  readonly key: string;
  /** When it ends, milliseconds since the epoch. */
  readonly endsAt: number;
}

/** How often the files are looked at. A kubelet takes a minute to bring a new Secret; certificates last for months. */
const LOOK_EVERY_MS = 10_000;

/** Reads the certificate. Throws {@link UsageError} when a file cannot be read or the two do not belong together. */
export async function readServingCertificate({ cert, key }: CertificateFiles): Promise<ServingCertificate> {
  const pair = { cert: await readSetting(cert), key: await readSetting(key) };
  let endsAt: number;
  try {
    endsAt = Date.parse(new X509Certificate(pair.cert).validTo);
  } catch {
    throw new UsageError(`${cert.flag} ${cert.path} does not begin with a certificate in PEM`);
  }
  try {
    createSecureContext(pair);
  } catch {
    // The library's words are about numbers in its source.
    throw new UsageError(`${key.flag} ${key.path} is not the private key, in PEM, of ${cert.flag} ${cert.path}`);
  }
  return { ...pair, endsAt };
}

/**
 * Tells `renew` of each new certificate the files hold, until `signal` aborts. Files are read, not watched: a kubelet
 * changes a symbolic link two levels above them. A pair that does not fit is half of a change: the old one stays, and
 * the files are looked at again.
 */
export async function followServingCertificate(
  files: CertificateFiles,
  first: ServingCertificate,
  renew: (certificate: ServingCertificate) => void,
  options: { readonly log: Logger; readonly clock: Clock; readonly signal: AbortSignal; readonly everyMs?: number },
): Promise<void> {
  const { log, clock, signal, everyMs = LOOK_EVERY_MS } = options;
  let current = first;
  let trouble = '';
  for (;;) {
    await clock.sleep(everyMs, signal).catch(() => undefined);
    if (signal.aborted) return;
    try {
      const next = await readServingCertificate(files);
      if (next.cert !== current.cert || next.key !== current.key) {
        renew(next);
        current = next;
        log.info({ endsAt: new Date(next.endsAt).toISOString() }, 'serving a new certificate');
      }
      trouble = '';
    } catch (thrown) {
      const { message } = toError(thrown);
      if (message !== trouble) log.warn({ why: message }, 'the certificate cannot be renewed, keeping the old one');
      trouble = message;
    }
  }
}

async function readSetting({ flag, path }: NamedFile): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (thrown) {
    throw new UsageError(`${flag} ${path} cannot be read (${errorCode(thrown) ?? 'unreadable'})`);
  }
}
