import { join } from 'node:path';
import { buildGo, findGoBuild } from '../tools/go-build.ts';
import type { GoBuild } from '../tools/go-build.ts';
import { PROGRAMS } from './release.ts';
import type { KubernetesSource, Release } from './release.ts';

/** The version that go/go.mod pins. */
const VERSION = 'v1.34.4';
const [major, minor] = VERSION.slice(1).split('.');
const VERSION_PACKAGE = 'k8s.io/component-base/version';

/**
 * All programs at once: a build of its own for each would compile most of Kubernetes again. The staging modules
 * (k8s.io/api and the like) are `replace`d in go.mod by the releases of theirs that belong to VERSION.
 */
const BUILD: GoBuild = {
  name: `kubernetes-${VERSION}`,
  moduleFolder: join(import.meta.dirname, 'go'),
  programs: PROGRAMS.map((name) => ({
    name,
    package: `k8s.io/kubernetes/cmd/${name}`,
    versionArgs: ['--version'],
  })),
  ldflags: Object.entries({ gitVersion: VERSION, gitMajor: major, gitMinor: minor, gitTreeState: 'clean' })
    .map(([name, value]) => `-X ${VERSION_PACKAGE}.${name}=${value}`)
    .join(' '),
  minimumGo: '1.24',
  takes: 'takes eight minutes on two cores and 3 GB of disk meanwhile',
};

/** Kubernetes built from its published Go modules. */
export const goModules: KubernetesSource = {
  name: 'go-modules',
  description: 'built from its published Go modules',
  version: VERSION,
  find: async () => {
    const folder = await findGoBuild(BUILD);
    return folder === undefined ? undefined : release(folder);
  },
  provide: async (context) => release(await buildGo({ ...BUILD, ...context })),
};

const release = (folder: string): Release => ({
  version: VERSION,
  programs: new Map(PROGRAMS.map((name) => [name, join(folder, name)])),
});
