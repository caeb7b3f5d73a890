import type { Pod, Pods } from './pods.ts';

/** What the first process of a container is to the kernel, and what it could write to. */
interface Confinement {
  readonly ids: readonly string[];
  readonly capabilities: readonly string[];
  readonly noNewPrivileges: string;
  /** 2: a filter. */
  readonly seccomp: string;
  /** Per folder: `written`, or the code of the error. */
  readonly writes: Readonly<Record<string, string>>;
}

/** Of a program that is nobody special and can write to /tmp only. */
export const CONFINED: Confinement = {
  ids: ['65532'],
  capabilities: ['0000000000000000'],
  noNewPrivileges: '1',
  seccomp: '2',
  writes: { '/': 'EROFS', '/app': 'EROFS', '/home/service-catalog': 'EROFS', '/tmp': 'written' },
};

const PROBE = `
  import { readFileSync, writeFileSync } from 'node:fs';
  const status = readFileSync('/proc/1/status', 'utf8');
  const values = (...names) => [...new Set(names.flatMap((name) =>
    status.match(new RegExp('^' + name + ':(.*)$', 'm'))[1].trim().split(/\\s+/)))];
  const write = (folder) => {
    try { writeFileSync(folder + '/probe', ''); return 'written'; } catch (error) { return error.code; }
  };
  const folders = ['/', '/app', '/home/service-catalog', '/tmp'];
  console.log(JSON.stringify({
    ids: values('Uid', 'Gid'),
    capabilities: values('CapPrm', 'CapEff', 'CapBnd', 'CapAmb'),
    noNewPrivileges: values('NoNewPrivs')[0],
    seccomp: values('Seccomp')[0],
    writes: Object.fromEntries(folders.map((folder) => [folder, write(folder)])),
  }));`;

/** Asks the kernel, from inside of the pod. */
export const confinementOf = (pods: Pods, pod: Pod): Promise<Confinement> => pods.evaluate<Confinement>(pod, PROBE);
