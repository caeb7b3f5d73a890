import type { RequestListener } from 'node:http';
import { renewCertificate } from '../../lib/runtime/certificate-renewal.ts';
import { listen } from '../../lib/runtime/http-server.ts';
import type { ListeningServer } from '../../lib/runtime/http-server.ts';
import type { Lifecycle } from '../../lib/runtime/lifecycle.ts';
import type { Logger } from '../../lib/runtime/log.ts';
import { readServingCertificate } from '../../lib/runtime/serving-certificate.ts';
import type { BrokerConfig } from '../config/config.ts';

export interface ServeOptions {
  readonly lifecycle: Lifecycle;
  readonly log: Logger;
  /** Told when the certificate that is served ends, milliseconds since the epoch. */
  readonly certificateEnds: (at: number) => void;
  /** How often the files of the certificate are looked at, milliseconds; seldom when absent. */
  readonly lookAtCertificateEveryMs?: number;
}

/**
 * Serves `app` until the lifecycle stops. A certificate that is renewed is served from the next connection on.
 * @throws UsageError when the certificate's files cannot be used.
 */
export async function serve(
  app: RequestListener,
  { host, port, tls: files }: BrokerConfig['listen'],
  { lifecycle, log, certificateEnds, lookAtCertificateEveryMs }: ServeOptions,
): Promise<ListeningServer> {
  const certificate = files && (await readServingCertificate(files));
  const tls = certificate && { cert: certificate.cert, key: certificate.key };
  const server = await listen(app, { host, port, ...(tls ? { tls } : {}) });
  lifecycle.onStop('http', () => server.close());
  if (files === undefined || certificate === undefined) return server;
  certificateEnds(certificate.endsAt);
  renewCertificate(server, files, certificate, {
    lifecycle,
    log,
    onRenewed: ({ endsAt }) => {
      certificateEnds(endsAt);
    },
    everyMs: lookAtCertificateEveryMs,
  });
  return server;
}
