import { stringify } from 'yaml';
import type { CertifiedKey } from '../lib/runtime/tls.ts';

/** A kubeconfig for one user of one API server, with everything in it: it can be copied anywhere. */
export function kubeconfigText(server: string, authorityCertificate: string, user: string, key: CertifiedKey): string {
  const cluster = 'service-catalog';
  const context = `${user}@${cluster}`;
  return stringify(
    {
      apiVersion: 'v1',
      kind: 'Config',
      clusters: [{ name: cluster, cluster: { server, 'certificate-authority-data': base64(authorityCertificate) } }],
      users: [
        {
          name: user,
          user: {
            'client-certificate-data': base64(key.certificate),
            'client-key-data': base64(key.privateKey),
          },
        },
      ],
      contexts: [{ name: context, context: { cluster, user, namespace: 'default' } }],
      'current-context': context,
    },
    { lineWidth: 0 },
  );
}

const base64 = (text: string): string => Buffer.from(text).toString('base64');
