import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { issueCertificate } from '../../../lib/runtime/tls.ts';
import { freePort } from '../../../local/processes/free-port.ts';
import type { Supervisor } from '../../../local/supervisor.ts';
import { LOOPBACK } from '../kubernetes/commands.ts';
import type { ClusterAccess } from '../kubernetes/control-plane.ts';
import { argumentsOf, webhooksAt } from './chart.ts';
import type { ChartObject } from './chart.ts';
import { apply } from './install.ts';
import { program } from './programs.ts';
import { NAMESPACE, WEBHOOK_ACCOUNT } from './state.ts';

/**
 * Starts the chart's webhook as a process of this machine, with a token of its ServiceAccount, and has the API server ask
 * it. Resolves when it has read classes and plans. Returns the configurations by which the API server knows it.
 */
export async function startWebhook(
  supervisor: Supervisor,
  plane: ClusterAccess & { readonly folder: string },
  objects: readonly ChartObject[],
): Promise<unknown[]> {
  const { authority } = plane.credentials;
  const port = await freePort();
  const healthPort = await freePort(new Set([port]));
  const key = await issueCertificate(authority, {
    commonName: WEBHOOK_ACCOUNT,
    ipAddresses: [LOOPBACK],
    server: true,
    days: 1,
  });
  const [certificateFile, keyFile] = [join(plane.folder, 'webhook.crt'), join(plane.folder, 'webhook.key')];
  await writeFile(certificateFile, key.certificate);
  await writeFile(keyFile, key.privateKey, { mode: 0o600 });
  await supervisor.start(
    program({
      name: 'catalog-webhook',
      folder: plane.folder,
      main: 'catalog-controller/webhook/main.ts',
      args: [
        ...argumentsOf(objects, 'webhook'),
        ...[`--listen=${LOOPBACK}:${port}`, `--health-listen=${LOOPBACK}:${healthPort}`],
        ...[`--tls-cert-file=${certificateFile}`, `--tls-key-file=${keyFile}`],
        `--kubeconfig=${await plane.serviceAccountKubeconfig({ namespace: NAMESPACE, name: WEBHOOK_ACCOUNT })}`,
      ],
      readyUrl: `http://${LOOPBACK}:${healthPort}/readyz`,
    }),
  );
  const configurations = webhooksAt(objects, `https://${LOOPBACK}:${port}`, authority.certificate);
  await apply(plane.adminKubeconfig, configurations);
  return configurations;
}
