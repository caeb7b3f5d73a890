import { join } from 'node:path';
import { run } from '../../../local/processes/command.ts';
import { unpackOnce } from '../../../local/servers/unpack.ts';
import { unpackDebianPackages } from '../tools/debian-packages.ts';
import { toolsFolder } from '../tools/tools-folder.ts';
import type { ProvideContext } from './release.ts';

/** Debian's release whose etcd (3.5) is taken: it needs libc alone, and an older etcd lacks what Kubernetes asks it. */
const SUITE = 'trixie';

/** An etcd: the one on the PATH, else that of Debian's packages, unpacked into the cache folder without root. */
export async function provideEtcd({ say, signal }: ProvideContext): Promise<string> {
  if (await runs('etcd')) return 'etcd';
  const folder = join(toolsFolder(), `etcd-${SUITE}-${process.arch}`);
  const program = (unpacked: string): string => join(unpacked, 'usr', 'bin', 'etcd');
  await unpackOnce({
    folder,
    what: 'etcd',
    signal,
    fill: (into) => {
      say('fetching etcd (10 MB) from the packages of Debian, into the cache folder');
      return unpackDebianPackages({ suite: SUITE, packages: ['etcd-server'], into, signal });
    },
    works: (unpacked) => runs(program(unpacked)),
  });
  return program(folder);
}

/** An old one on the PATH (Debian 12 has 3.4) is passed over. */
async function runs(file: string): Promise<boolean> {
  const text = await run({ file, args: ['--version'] }, { timeoutMs: 20_000 }).catch(() => '');
  const [, major, minor] = /etcd Version: (\d+)\.(\d+)/.exec(text) ?? [];
  return Number(major) > 3 || (Number(major) === 3 && Number(minor) >= 5);
}
