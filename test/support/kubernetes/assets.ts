import { access, constants } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from '../../../local/processes/command.ts';
import { PROGRAMS } from './release.ts';
import type { KubernetesSource, ProgramName, Release } from './release.ts';

/** The folder that `KUBEBUILDER_ASSETS` names, as for other Kubernetes projects. */
export const assets: KubernetesSource = {
  name: 'assets',
  description: 'from KUBEBUILDER_ASSETS',
  find: async () => {
    const folder = process.env['KUBEBUILDER_ASSETS'];
    return folder === undefined || folder === '' ? undefined : releaseOf(folder);
  },
  provide: () => Promise.reject(new Error('KUBEBUILDER_ASSETS is not set')),
};

/** The release whose programs are in a folder. Throws when that has no kube-apiserver that runs. */
export async function releaseOf(folder: string): Promise<Release> {
  const programs = new Map<ProgramName, string>();
  for (const name of PROGRAMS) {
    const file = await executable(join(folder, name));
    if (file !== undefined) programs.set(name, file);
  }
  const apiserver = programs.get('kube-apiserver');
  if (apiserver === undefined) throw new Error(`there is no program kube-apiserver in ${folder}`);
  const etcd = await executable(join(folder, 'etcd'));
  const text = await run({ file: apiserver, args: ['--version'] });
  const version = /Kubernetes (v\d+\.\d+\.\d+\S*)/.exec(text)?.[1];
  if (version === undefined) throw new Error(`${apiserver} --version does not tell its version`);
  return { version, programs, ...(etcd === undefined ? {} : { etcd }) };
}

async function executable(file: string): Promise<string | undefined> {
  return access(file, constants.X_OK).then(
    () => file,
    () => undefined,
  );
}
