import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createCertificateAuthority, issueCertificate } from '../../lib/runtime/tls.ts';
import type { CertifiedKey } from '../../lib/runtime/tls.ts';
import { kubeconfigText } from '../../local/kubeconfig.ts';
import { freePort } from '../../local/processes/free-port.ts';
import { waitForHttp } from '../../local/processes/http-ready.ts';
import { ApiRequests } from '../../test/support/api-requests.ts';
import { issueUser } from '../../test/support/issue-user.ts';
import type { ApiServer } from './api-server.ts';
import { parseMetrics, valueOf } from './metrics.ts';
import type { Sample } from './metrics.ts';
import type { Processes } from './processes.ts';

const ROOT = join(import.meta.dirname, '../..');
const READY_MS = 60_000;

/** Our own API server with an empty database, as `npm start` runs it. It counts its requests itself. */
export async function startEmbeddedApi(processes: Processes, signal: AbortSignal): Promise<ApiServer> {
  const folder = join(processes.folder, 'embedded');
  await mkdir(folder, { mode: 0o700 });
  const file = async (name: string, text: string): Promise<string> => {
    await writeFile(join(folder, name), text, { mode: 0o600 });
    return join(folder, name);
  };
  const authority = await createCertificateAuthority('bench');
  const user = (name: string): Promise<CertifiedKey> => issueUser(authority, name, 'system:masters');
  const server = await issueCertificate(authority, {
    commonName: 'catalog-apiserver',
    dnsNames: ['localhost'],
    ipAddresses: ['127.0.0.1'],
    server: true,
    days: 1,
  });
  const address = `127.0.0.1:${await freePort()}`;
  const url = `https://${address}`;
  const admin = await user('bench');
  const kubeconfig = async (name: string, key: CertifiedKey): Promise<string> =>
    file(`${name}.kubeconfig`, kubeconfigText(url, authority.certificate, name, key));
  const main = join(ROOT, 'catalog-apiserver/main.ts');
  const running = await processes.start('catalog-apiserver', [
    ...[main, '--data-dir', folder, '--listen', address, '--crds-dir', join(ROOT, 'crds')],
    ...['--tls-cert-file', await file('server.crt', server.certificate)],
    ...['--tls-private-key-file', await file('server.key', server.privateKey)],
    ...['--client-ca-file', await file('ca.crt', authority.certificate)],
    ...['--client-kubeconfig', await kubeconfig('catalog-apiserver', await user('catalog-apiserver'))],
  ]);
  const ca = authority.certificate;
  await waitForHttp({ url: `${url}/readyz`, ca, what: 'the API server', timeoutMs: READY_MS, signal });
  const requests = new ApiRequests({ url, ca, identity: admin });
  const metrics = async (): Promise<Sample[]> => parseMetrics((await requests.get('/metrics')).text);
  return {
    name: 'embedded',
    controllerFlags: ['--admission=apiserver'],
    userKubeconfig: await kubeconfig('bench', admin),
    controllerKubeconfig: await kubeconfig('catalog-controller', await user('catalog-controller')),
    requests: async () => {
      const counts = new Map<string, number>();
      for (const { name, labels, value } of await metrics()) {
        if (name !== 'apiserver_request_total') continue;
        const { verb = '', resource = '', subresource = '' } = labels;
        const kind = `${verb} ${resource}${subresource === '' ? '' : `/${subresource}`}`;
        counts.set(kind, (counts.get(kind) ?? 0) + value);
      }
      return counts;
    },
    cpuSeconds: async () => valueOf(await metrics(), 'process_cpu_seconds_total'),
    stop: async () => {
      requests.close();
      await running.stop();
    },
  };
}
