import { expect, test } from '@jest/globals';
import { kubeconfigText } from '../../../local/kubeconfig.ts';
import { readContext } from '../../../lib/kube/kubeconfig.ts';

test('the kubeconfig names server, authority and user, with everything in it', () => {
  const key = { certificate: 'CERTIFICATE', privateKey: 'KEY' };
  const text = kubeconfigText('https://127.0.0.1:6443', 'AUTHORITY', 'admin', key);
  const context = readContext([{ text, path: undefined }]);
  const base64 = (value: string): string => Buffer.from(value).toString('base64');
  expect(context).toMatchObject({
    name: 'admin@service-catalog',
    namespace: 'default',
    cluster: {
      fields: { server: 'https://127.0.0.1:6443', 'certificate-authority-data': base64('AUTHORITY') },
    },
    user: {
      name: 'admin',
      fields: { 'client-certificate-data': base64('CERTIFICATE'), 'client-key-data': base64('KEY') },
    },
  });
});
