import { join } from 'node:path';
import { run } from '../../../local/processes/command.ts';
import { buildGo } from './go-build.ts';
import type { GoBuild } from './go-build.ts';

/** The version that helm/go.mod pins: the last that Go 1.24 builds. */
const VERSION = 'v3.19.5';

/** The cluster that `helm template` and `helm lint` imagine, when they are not told of one. */
const KUBERNETES = { k8sVersionMajor: '1', k8sVersionMinor: '34' };

const BUILD: GoBuild = {
  name: `helm-${VERSION}`,
  moduleFolder: join(import.meta.dirname, 'helm'),
  programs: [{ name: 'helm', package: 'helm.sh/helm/v3/cmd/helm', versionArgs: ['version', '--short'] }],
  ldflags: [
    `-X helm.sh/helm/v3/internal/version.version=${VERSION}`,
    ...['chartutil', 'lint/rules'].flatMap((folder) =>
      Object.entries(KUBERNETES).map(([name, value]) => `-X helm.sh/helm/v3/pkg/${folder}.${name}=${value}`),
    ),
  ].join(' '),
  minimumGo: '1.24',
  takes: 'takes four minutes on two cores and 2 GB of disk meanwhile',
};

export interface ProvideHelmOptions {
  /** Told what takes long; standard error when absent. */
  readonly say?: (message: string) => void;
  readonly signal?: AbortSignal | undefined;
}

let provided: Promise<string> | undefined;

/**
 * A helm: the file `SC_TEST_HELM` names, else the one on the PATH (3.14 or later), else {@link VERSION}, built from its
 * published Go modules on the first call and kept in the cache folder. Throws one sentence that says why there is none.
 */
export function provideHelm(options: ProvideHelmOptions = {}): Promise<string> {
  provided ??= find(options);
  return provided;
}

async function find(options: ProvideHelmOptions): Promise<string> {
  const named = process.env['SC_TEST_HELM'];
  if (named !== undefined && named !== '') {
    if ((await versionOf(named)) === undefined) throw new Error(`SC_TEST_HELM is ${named}, which is no helm that runs`);
    return named;
  }
  if (isRecent(await versionOf('helm'))) return 'helm';
  return join(await buildGo({ ...BUILD, ...options }), 'helm');
}

/** `3.19`, or undefined where there is no helm. */
async function versionOf(file: string): Promise<string | undefined> {
  const text = await run({ file, args: ['version', '--short'] }, { timeoutMs: 30_000 }).catch(() => '');
  return /v(\d+\.\d+)/.exec(text)?.[1];
}

/** Whether it has what the charts need: `toYaml` and `lookup` as they are since, and schemas with `not` and `allOf`. */
function isRecent(version: string | undefined): boolean {
  const [major = 0, minor = 0] = (version ?? '').split('.').map(Number);
  return major > 3 || (major === 3 && minor >= 14);
}
