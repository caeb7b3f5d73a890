import { access, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from '../../../local/processes/command.ts';
import { unpackAptPackages } from '../../../local/servers/apt.ts';
import { libraryFolders } from '../../../local/servers/mariadb-packages.ts';
import { unpackOnce } from '../../../local/servers/unpack.ts';
import { provideKubernetes } from '../kubernetes/programs.ts';
import type { KubernetesPrograms } from '../kubernetes/programs.ts';
import { PROGRAMS } from '../kubernetes/release.ts';
import type { ProvideContext } from '../kubernetes/release.ts';
import { buildGo } from '../tools/go-build.ts';
import { toolsFolder } from '../tools/tools-folder.ts';

/** What a node runs besides what packages bring, and what its control plane runs. */
export interface NodePrograms {
  readonly kubernetes: KubernetesPrograms;
  readonly coredns: string;
  readonly pause: string;
}

/**
 * Has the programs at hand: Kubernetes, and CoreDNS and pause from the Go module beside this file. Throws, saying which,
 * when one cannot be had.
 */
export async function provideNodePrograms(context: ProvideContext): Promise<NodePrograms> {
  const kubernetes = await provideKubernetes({ ...context, programs: PROGRAMS });
  const own = await buildGo({
    ...context,
    name: 'node',
    moduleFolder: join(import.meta.dirname, 'go'),
    programs: [
      { name: 'coredns', package: './coredns', versionArgs: ['-version'] },
      { name: 'pause', package: './pause', versionArgs: ['--help'] },
    ],
    minimumGo: '1.24',
    takes: 'takes two minutes on two cores',
  });
  return { kubernetes, coredns: join(own, 'coredns'), pause: join(own, 'pause') };
}

const PACKAGES = ['containerd', 'runc', 'containernetworking-plugins', 'iptables', 'iproute2'];

/** What an installed package would do in a script: which of its programs is meant by these names. */
const IPTABLES = ['iptables', 'iptables-save', 'iptables-restore'].flatMap((name) => [name, `ip6${name.slice(2)}`]);

/**
 * A folder to lay over /usr: containerd, runc, the CNI plug-ins, iptables and ip, from the distribution's packages, where
 * those would put them. Nothing is installed. Throws when they cannot be had.
 */
export async function provideNodePackages({ say, signal }: ProvideContext): Promise<string> {
  const folder = join(toolsFolder(), `node-packages-${process.arch}`);
  await unpackOnce({
    folder,
    what: 'containerd',
    signal,
    fill: async (into) => {
      say('fetching containerd, runc and network tools (40 MB) from the packages of this distribution');
      await unpackAptPackages({ packages: PACKAGES.map((name) => [name]), into, say, signal });
      for (const name of IPTABLES) await linkUnlessThere(join(into, 'usr', 'sbin', name), 'xtables-nft-multi');
    },
    works: allRun,
  });
  return join(folder, 'usr');
}

/** A program that this machine has installed already was not fetched again; it is on the PATH then. */
async function allRun(root: string): Promise<boolean> {
  const env = {
    ...process.env,
    PATH: [join(root, 'usr', 'sbin'), join(root, 'usr', 'bin'), process.env['PATH'], '/usr/sbin'].join(':'),
    LD_LIBRARY_PATH: (await libraryFolders(root)).join(':'),
  };
  const commands: readonly (readonly [string, string])[] = [
    ['containerd', '--version'],
    ['runc', '--version'],
    ['ip', '-Version'],
    ['iptables', '--version'],
  ];
  for (const [file, argument] of commands) {
    const runs = await run({ file, args: [argument], env }, { timeoutMs: 20_000 }).then(
      () => true,
      () => false,
    );
    if (!runs) return false;
  }
  return true;
}

async function linkUnlessThere(path: string, target: string): Promise<void> {
  const isThere = await access(path).then(
    () => true,
    () => false,
  );
  if (!isThere) await symlink(target, path);
}
