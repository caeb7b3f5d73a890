import { join } from 'node:path';
import { run } from '../../../local/processes/command.ts';
import { isUnpacked, unpackOnce } from '../../../local/servers/unpack.ts';
import { toolsFolder } from '../tools/tools-folder.ts';
import { BUILD_TIMEOUT_MS, buildFromDebian, DEBIAN_VERSION } from './debian-build.ts';
import { CONTROL_PLANE } from './release.ts';
import type { KubernetesSource, ProvideContext, Release } from './release.ts';

/** Kubernetes as Debian 12 has it: for machines that reach Debian's packages and no Go modules. */
export const debianSource: KubernetesSource = {
  name: 'debian',
  description: "built from Debian's source package",
  version: DEBIAN_VERSION,
  // The charts want a later release than this one, so that there is nothing to run on a node of it.
  programs: CONTROL_PLANE,
  lastResort: true,
  find: async () => ((await isUnpacked(folder())) ? release() : undefined),
  provide: async ({ say, signal }: ProvideContext) => {
    await unpackOnce({
      folder: folder(),
      what: `Kubernetes ${DEBIAN_VERSION}`,
      waitMs: BUILD_TIMEOUT_MS,
      signal,
      fill: (into) => {
        say(
          `building Kubernetes ${DEBIAN_VERSION} from the source package of Debian, with the Go of that release ` +
            '(115 MB to fetch); this is done once, takes a quarter of an hour on one core and 3 GB of disk meanwhile',
        );
        return buildFromDebian(into, signal);
      },
      works: async (built) => {
        for (const name of CONTROL_PLANE) if (!(await runs(join(built, name)))) return false;
        return true;
      },
    });
    return release();
  },
};

const folder = (): string => join(toolsFolder(), `kubernetes-debian-${DEBIAN_VERSION}-${process.arch}`);

const release = (): Release => ({
  version: DEBIAN_VERSION,
  programs: new Map(CONTROL_PLANE.map((name) => [name, join(folder(), name)])),
});

async function runs(file: string): Promise<boolean> {
  const text = await run({ file, args: ['--version'] }).catch(() => '');
  return text.trim() === `Kubernetes ${DEBIAN_VERSION}`;
}
