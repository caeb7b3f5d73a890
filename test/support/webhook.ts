import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startWebhook } from '../../catalog-controller/webhook/program.ts';
import { WEBHOOK_ENTRIES } from '../../catalog-controller/webhook/rules.ts';
import type { WebhookEntry } from '../../catalog-controller/webhook/rules.ts';
import type { KubeObject, Resource } from '../../lib/kube/objects.ts';
import { Lifecycle } from '../../lib/runtime/lifecycle.ts';
import { silentLogger } from '../../lib/runtime/log.ts';
import type { Logger } from '../../lib/runtime/log.ts';
import { createCertificateAuthority, issueCertificate } from '../../lib/runtime/tls.ts';
import type { CertifiedKey } from '../../lib/runtime/tls.ts';

/** The webhook in this process, with an authority and a certificate of its own. */
export interface TestWebhook {
  /** `https://127.0.0.1:PORT` */
  readonly url: string;
  readonly healthUrl: string;
  /** PEM of the authority of its certificate. */
  readonly ca: string;
  /** Puts another certificate of the same authority into its files; answers what it is. */
  renewCertificate(): Promise<CertifiedKey>;
  /** Overwrites one of its files. */
  overwrite(file: 'tls.crt' | 'tls.key', text: string): Promise<void>;
  stop(): Promise<void>;
}

/** Starts one on free ports of 127.0.0.1 that looks things up with this kubeconfig (a path or the text). */
export async function startTestWebhook(
  kubeconfig: string,
  log: Logger = silentLogger(),
  shutdownDelayMs = 0,
): Promise<TestWebhook> {
  const folder = await mkdtemp(join(tmpdir(), 'service-catalog-webhook-'));
  const authority = await createCertificateAuthority('webhook authority');
  const lifecycle = new Lifecycle(log);
  const overwrite = (file: 'tls.crt' | 'tls.key', text: string): Promise<void> =>
    writeFile(join(folder, file), text, { mode: 0o600 });
  const renewCertificate = async (): Promise<CertifiedKey> => {
    const pair = await issueCertificate(authority, {
      commonName: 'service-catalog-webhook',
      dnsNames: ['localhost'],
      ipAddresses: ['127.0.0.1'],
      server: true,
      days: 1,
    });
    await overwrite('tls.crt', pair.certificate);
    await overwrite('tls.key', pair.privateKey);
    return pair;
  };
  await renewCertificate();
  const stop = async (): Promise<void> => {
    await lifecycle.stop('the test is over');
    await rm(folder, { recursive: true, force: true });
  };
  try {
    const { url, healthUrl } = await startWebhook(
      {
        kubeconfig,
        listen: { host: '127.0.0.1', port: 0 },
        healthListen: { host: '127.0.0.1', port: 0 },
        tlsCertFile: join(folder, 'tls.crt'),
        tlsKeyFile: join(folder, 'tls.key'),
        shutdownDelayMs,
        logLevel: 'silent',
      },
      {},
      log,
      lifecycle,
      { lookAtCertificateEveryMs: 50 },
    );
    return { url, healthUrl, ca: authority.certificate, renewCertificate, overwrite, stop };
  } catch (thrown) {
    await stop();
    throw thrown;
  }
}

export const WEBHOOK_CONFIGURATIONS: Readonly<Record<WebhookEntry['configuration'], Resource>> = {
  MutatingWebhookConfiguration: {
    group: 'admissionregistration.k8s.io',
    version: 'v1',
    kind: 'MutatingWebhookConfiguration',
    plural: 'mutatingwebhookconfigurations',
    namespaced: false,
  },
  ValidatingWebhookConfiguration: {
    group: 'admissionregistration.k8s.io',
    version: 'v1',
    kind: 'ValidatingWebhookConfiguration',
    plural: 'validatingwebhookconfigurations',
    namespaced: false,
  },
};

/** A configuration that has an API server ask the webhook at this URL what it is to be asked. */
export function webhookConfiguration(
  configuration: WebhookEntry['configuration'],
  name: string,
  { url, ca }: Pick<TestWebhook, 'url' | 'ca'>,
): KubeObject {
  const webhooks = WEBHOOK_ENTRIES.filter((entry) => entry.configuration === configuration).map(
    ({ path, webhook }) => ({
      ...webhook,
      clientConfig: { url: `${url}${path}`, caBundle: Buffer.from(ca).toString('base64') },
    }),
  );
  const object = { apiVersion: 'admissionregistration.k8s.io/v1', kind: configuration, metadata: { name }, webhooks };
  return object;
}
