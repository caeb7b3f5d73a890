import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { serve } from '../../catalog-apiserver/serve.ts';
import type { Admission } from '../../catalog-apiserver/registry/context.ts';
import { decideAdmission } from '../../lib/catalog/admission/admit.ts';
import { systemClock } from '../../lib/runtime/clock.ts';
import type { Clock } from '../../lib/runtime/clock.ts';
import { Lifecycle } from '../../lib/runtime/lifecycle.ts';
import { silentLogger } from '../../lib/runtime/log.ts';
import type { Logger } from '../../lib/runtime/log.ts';
import { Registry } from '../../lib/runtime/metrics.ts';
import { createCertificateAuthority, issueCertificate } from '../../lib/runtime/tls.ts';
import type { CertifiedKey } from '../../lib/runtime/tls.ts';
import { kubeconfigText } from '../../local/kubeconfig.ts';
import { issueUser } from './issue-user.ts';

/** An API server in this process, with an empty database of its own. */
export interface TestApiServer {
  readonly url: string;
  /** Of an administrator, as text. */
  readonly kubeconfig: string;
  /** The same as a file. */
  readonly kubeconfigFile: string;
  /** PEM of the authority of the server's certificate. */
  readonly ca: string;
  /** The certificate of the administrator. */
  readonly admin: CertifiedKey;
  /** A certificate for somebody else. */
  issueUser(name: string, group?: string): Promise<CertifiedKey>;
  /** Ends it and removes its data. */
  stop(): Promise<void>;
}

export interface TestApiServerOptions {
  /** Its rules; those of lib/catalog when absent. */
  readonly admission?: Admission;
  /** Whether garbage is collected and namespaces are emptied; they are when absent. */
  readonly controllers?: boolean;
  readonly clock?: Clock;
  readonly log?: Logger;
}

/** Starts one on a free port of 127.0.0.1. */
export async function startTestApiServer(options: TestApiServerOptions = {}): Promise<TestApiServer> {
  const folder = await mkdtemp(join(tmpdir(), 'service-catalog-apiserver-'));
  const log = options.log ?? silentLogger();
  const lifecycle = new Lifecycle(log);
  const authority = await createCertificateAuthority('test authority');
  const [server, admin] = await Promise.all([
    issueCertificate(authority, {
      commonName: 'catalog-apiserver',
      dnsNames: ['localhost'],
      ipAddresses: ['127.0.0.1'],
      server: true,
      days: 1,
    }),
    issueUser(authority, 'admin', 'system:masters'),
  ]);
  const kubeconfigOf = (url: string): string => kubeconfigText(url, authority.certificate, 'admin', admin);
  try {
    const url = await serve(
      {
        dataDir: join(folder, 'data'),
        host: '127.0.0.1',
        port: 0,
        tls: { cert: server.certificate, key: server.privateKey, clientCa: authority.certificate },
        crdsDir: join(import.meta.dirname, '../../crds'),
        clientKubeconfig: (address) => (options.controllers === false ? undefined : kubeconfigOf(address)),
        admission: options.admission ?? decideAdmission,
        clock: options.clock ?? systemClock,
        registry: new Registry(),
        log,
      },
      lifecycle,
    );
    const kubeconfig = kubeconfigOf(url);
    const kubeconfigFile = join(folder, 'kubeconfig');
    await writeFile(kubeconfigFile, kubeconfig, { mode: 0o600 });
    return {
      url,
      kubeconfig,
      kubeconfigFile,
      ca: authority.certificate,
      admin,
      issueUser: (name, group) => issueUser(authority, name, group),
      stop: async () => {
        await lifecycle.stop('the test is over');
        await rm(folder, { recursive: true, force: true });
      },
    };
  } catch (thrown) {
    await lifecycle.stop('it did not start');
    await rm(folder, { recursive: true, force: true });
    throw thrown;
  }
}
