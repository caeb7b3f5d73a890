import { mkdir } from 'node:fs/promises';
import { NODE_NAME } from './addresses.ts';

/** A PersistentVolume in a folder of the node, for claims without a StorageClass. What is in it stays when those go. */
export async function localVolume(name: string, folder: string): Promise<object> {
  await mkdir(folder, { recursive: true });
  return {
    apiVersion: 'v1',
    kind: 'PersistentVolume',
    metadata: { name },
    spec: {
      capacity: { storage: '8Gi' },
      accessModes: ['ReadWriteOnce'],
      persistentVolumeReclaimPolicy: 'Retain',
      local: { path: folder },
      nodeAffinity: {
        required: {
          nodeSelectorTerms: [
            { matchExpressions: [{ key: 'kubernetes.io/hostname', operator: 'In', values: [NODE_NAME] }] },
          ],
        },
      },
    },
  };
}
