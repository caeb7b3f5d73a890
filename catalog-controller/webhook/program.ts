import { createKubeClient } from '../../lib/kube/api-client.ts';
import { createKubeMetrics } from '../../lib/kube/metrics.ts';
import { renewCertificate } from '../../lib/runtime/certificate-renewal.ts';
import { systemClock } from '../../lib/runtime/clock.ts';
import { listen } from '../../lib/runtime/http-server.ts';
import type { Lifecycle } from '../../lib/runtime/lifecycle.ts';
import type { Logger } from '../../lib/runtime/log.ts';
import { createRegistry } from '../../lib/runtime/metrics.ts';
import { readServingCertificate } from '../../lib/runtime/serving-certificate.ts';
import { startHealthServer } from '../http/health-server.ts';
import { createReviewHandler } from './http/handler.ts';
import { createWebhookMetrics } from './metrics.ts';
import { Offerings } from './offerings.ts';
import { createReviewer } from './reviewer.ts';
import type { WebhookSettings } from './settings.ts';

/** A webhook that runs. */
export interface RunningWebhook {
  /** Where reviews are answered. */
  readonly url: string;
  /** Where health and metrics are. */
  readonly healthUrl: string;
}

/** Requests that run when it stops get so long to end, milliseconds. */
const DRAIN_MS = 8_000;

/** How long a connection stays open that nobody uses, milliseconds: API servers keep theirs for the next review. */
const KEEP_ALIVE_MS = 120_000;

/** Of every certificate it serves with. */
const TLS = { minVersion: 'TLSv1.2' } as const;

/** Starts the webhook. What it takes is given back by the lifecycle. */
export async function startWebhook(
  settings: WebhookSettings,
  environment: Readonly<Record<string, string | undefined>>,
  log: Logger,
  lifecycle: Lifecycle,
  options: { readonly lookAtCertificateEveryMs?: number } = {},
): Promise<RunningWebhook> {
  const files = {
    cert: { flag: '--tls-cert-file', path: settings.tlsCertFile },
    key: { flag: '--tls-key-file', path: settings.tlsKeyFile },
  };
  let certificate = await readServingCertificate(files);
  const registry = createRegistry();
  const metrics = createWebhookMetrics(registry);
  metrics.certificateEnds(certificate.endsAt);
  const kube = createKubeClient({
    ...(settings.kubeconfig === undefined ? {} : { kubeconfig: settings.kubeconfig }),
    environment,
    userAgent: 'service-catalog-webhook',
    onRequest: createKubeMetrics(registry).onRequest,
  });
  lifecycle.onStop('connections to the API server', () => {
    kube.close();
  });
  const offerings = new Offerings(kube, log);
  lifecycle.onStop('informers', async () => {
    await Promise.all(offerings.informers.map((informer) => informer.stop()));
  });
  for (const informer of offerings.informers) informer.start();

  const server = await listen(createReviewHandler(createReviewer({ kube, offerings }, metrics, log), log), {
    ...settings.listen,
    tls: { ...TLS, cert: certificate.cert, key: certificate.key },
    requestTimeoutMs: 15_000,
  });
  server.server.keepAliveTimeout = KEEP_ALIVE_MS;
  lifecycle.onStop('server of reviews', () => server.close(DRAIN_MS));
  renewCertificate(server, files, certificate, {
    lifecycle,
    log,
    tls: TLS,
    onRenewed: (next) => {
      metrics.certificateEnds(next.endsAt);
      certificate = next;
    },
    everyMs: options.lookAtCertificateEveryMs,
  });
  const health = await startHealthServer(
    {
      certificate: () => {
        if (certificate.endsAt <= systemClock.now()) throw new Error(`${settings.tlsCertFile} has ended`);
      },
      informers: () => {
        const missing = offerings.informers.filter(({ hasSynced }) => !hasSynced);
        if (missing.length > 0) {
          throw new Error(`not read yet: ${missing.map(({ resource }) => resource.plural).join(', ')}`);
        }
      },
    },
    registry,
    settings.healthListen,
  );
  lifecycle.onStop('health server', () => health.close(1_000));
  // The first to be done when it stops: that this copy is to be asked no more takes a while to get around.
  lifecycle.onStop('last reviews', () => {
    // API servers go to another copy with their next review, not when this one closes what they are about to use.
    server.lastAnswers();
    return systemClock.sleep(settings.shutdownDelayMs);
  });
  return { url: server.url, healthUrl: health.url };
}
