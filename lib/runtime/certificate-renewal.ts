import type { ServerOptions } from 'node:https';
import { systemClock } from './clock.ts';
import type { ListeningServer } from './http-server.ts';
import type { Lifecycle } from './lifecycle.ts';
import type { Logger } from './log.ts';
import { followServingCertificate } from './serving-certificate.ts';
import type { CertificateFiles, ServingCertificate } from './serving-certificate.ts';

export interface RenewalOptions {
  readonly lifecycle: Lifecycle;
  readonly log: Logger;
  /** What the server serves with besides the certificate. */
  readonly tls?: Pick<ServerOptions, 'minVersion'>;
  /** Called with each certificate once it is served. */
  readonly onRenewed: (certificate: ServingCertificate) => void;
  /** How often the files are looked at, milliseconds; seldom when absent. */
  readonly everyMs?: number | undefined;
}

/**
 * Has a server that serves `first` serve what the files hold later, from the next connection on, until the lifecycle
 * stops.
 */
export function renewCertificate(
  server: ListeningServer,
  files: CertificateFiles,
  first: ServingCertificate,
  { lifecycle, log, tls = {}, onRenewed, everyMs }: RenewalOptions,
): void {
  const following = followServingCertificate(
    files,
    first,
    (next) => {
      server.renewCertificate({ ...tls, cert: next.cert, key: next.key });
      onRenewed(next);
    },
    { log, clock: systemClock, signal: lifecycle.signal, ...(everyMs === undefined ? {} : { everyMs }) },
  );
  lifecycle.onStop('renewal of the certificate', () => following);
}
