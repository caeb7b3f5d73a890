import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { ApiRequests } from '../api-requests.ts';
import type { ApiAddress } from '../api-requests.ts';

export interface ServiceAccountName {
  readonly namespace: string;
  readonly name: string;
}

/** Longer than any test run. */
const TOKEN_SECONDS = 6 * 3600;

/**
 * Asks the API server, as an administrator, for a token of a ServiceAccount, as a kubelet does for a pod, and writes
 * it into `folder` with a kubeconfig that names the file. Returns the kubeconfig's path.
 */
export async function serviceAccountKubeconfig(
  admin: ApiAddress,
  folder: string,
  { namespace, name }: ServiceAccountName,
): Promise<string> {
  const api = new ApiRequests(admin);
  try {
    const answer = await api.post(`/api/v1/namespaces/${namespace}/serviceaccounts/${name}/token`, {
      apiVersion: 'authentication.k8s.io/v1',
      kind: 'TokenRequest',
      spec: { expirationSeconds: TOKEN_SECONDS },
    });
    const { status } = JSON.parse(answer.text) as { status?: { token?: string } };
    if (answer.status !== 201 || status?.token === undefined) {
      throw new Error(
        `no token for ServiceAccount ${namespace}/${name}: ${answer.status} ${answer.text.slice(0, 200)}`,
      );
    }
    const tokenFile = join(folder, `${namespace}.${name}.token`);
    await writeFile(tokenFile, status.token, { mode: 0o600 });
    const file = join(folder, `${namespace}.${name}.kubeconfig`);
    await writeFile(file, tokenKubeconfig(admin, namespace, tokenFile), { mode: 0o600 });
    return file;
  } finally {
    api.close();
  }
}

/** A kubeconfig with a token from a file. */
export function tokenKubeconfig({ url, ca }: ApiAddress, namespace: string, tokenFile: string): string {
  return stringify(
    {
      apiVersion: 'v1',
      kind: 'Config',
      clusters: [
        { name: 'test', cluster: { server: url, 'certificate-authority-data': Buffer.from(ca).toString('base64') } },
      ],
      users: [{ name: 'account', user: { tokenFile } }],
      contexts: [{ name: 'test', context: { cluster: 'test', user: 'account', namespace } }],
      'current-context': 'test',
    },
    { lineWidth: 0 },
  );
}
