import { toError } from '../../../lib/runtime/errors.ts';
import { assets } from './assets.ts';
import { envtest } from './envtest.ts';
import { provideEtcd } from './etcd.ts';
import { goModules } from './go-modules.ts';
import { minorOf } from './release.ts';
import type { KubernetesSource, ProgramName, ProvideContext, Release } from './release.ts';

/** In this order; the first that has all that is wanted is taken. */
const SOURCES: readonly KubernetesSource[] = [assets, envtest, goModules];

/** Programs of Kubernetes on this machine. */
export interface KubernetesPrograms {
  /** Of the API server: `v1.34.4`. */
  readonly version: string;
  /** For people: where they are from. */
  readonly source: string;
  readonly etcd: string;
  /** The file of a program. Throws when it was not among those asked for. */
  file(name: ProgramName): string;
}

const CONTROL_PLANE: readonly ProgramName[] = ['kube-apiserver', 'kube-controller-manager'];

export interface ProvideOptions extends Partial<ProvideContext> {
  /** What is wanted besides the control plane. */
  readonly programs?: readonly ProgramName[];
}

/**
 * A real Kubernetes: kube-apiserver, kube-controller-manager, etcd and what else is asked for. From, in this order:
 * the folder `KUBEBUILDER_ASSETS`; what an earlier run left in the cache folder; the binaries the kubebuilder project
 * publishes for tests; its published Go modules. What one source lacks is taken from another of the same minor release.
 * `SC_TEST_KUBERNETES=assets|envtest|go-modules` names the one source to take the API server from.
 *
 * Throws one sentence that says what was tried and why it failed.
 */
export async function provideKubernetes(options: ProvideOptions = {}): Promise<KubernetesPrograms> {
  const context = { say: options.say ?? console.error, signal: options.signal };
  const wanted = [...new Set([...CONTROL_PLANE, ...(options.programs ?? [])])];
  const sources = chosenSources(process.env['SC_TEST_KUBERNETES']);
  const failures: string[] = [];
  for (const attempt of [findOnly, provide]) {
    for (const source of sources) {
      try {
        const found = await assemble(source, wanted, attempt, context);
        if (found !== undefined) return found;
      } catch (thrown) {
        failures.push(`${source.name}: ${toError(thrown).message}`);
        // Who names a folder wants that one.
        if (source === assets && process.env['KUBEBUILDER_ASSETS']) throw unavailable(failures);
      }
    }
  }
  throw unavailable(failures);
}

const unavailable = (failures: readonly string[]): Error =>
  new Error(`no Kubernetes can be had for tests (${failures.join('; ')})`);

function chosenSources(name: string | undefined): readonly KubernetesSource[] {
  if (name === undefined || name === '') return SOURCES;
  const chosen = SOURCES.filter((source) => source.name === name);
  if (chosen.length > 0) return chosen;
  throw new Error(
    `SC_TEST_KUBERNETES is "${name}"; it must be one of ${SOURCES.map((source) => source.name).join(', ')}`,
  );
}

type Attempt = (source: KubernetesSource, context: ProvideContext) => Promise<Release | undefined>;
const findOnly: Attempt = (source) => source.find();
const provide: Attempt = (source, context) => source.provide(context);

/** The API server of `source`, and what it lacks from the others. */
async function assemble(
  source: KubernetesSource,
  wanted: readonly ProgramName[],
  attempt: Attempt,
  context: ProvideContext,
): Promise<KubernetesPrograms | undefined> {
  const release = await attempt(source, context);
  if (release === undefined) return undefined;
  const programs = new Map(release.programs);
  const lacking = (): ProgramName[] => wanted.filter((name) => !programs.has(name));
  const from = [source.description];
  for (const other of SOURCES) {
    if (lacking().length === 0) break;
    if (other === source || other.version === undefined) continue;
    if (minorOf(other.version) !== minorOf(release.version)) continue;
    const mayProvide = attempt === provide || source === assets;
    const rest = (await other.find()) ?? (mayProvide ? await other.provide(context) : undefined);
    if (rest === undefined) continue;
    from.push(`${lacking().join(', ')} ${other.description}`);
    for (const name of lacking()) {
      const file = rest.programs.get(name);
      if (file !== undefined) programs.set(name, file);
    }
  }
  if (lacking().length > 0) {
    if (attempt === findOnly && source !== assets) return undefined;
    throw new Error(`there is no ${lacking().join(', ')} to go with kube-apiserver ${release.version}`);
  }
  return {
    version: release.version,
    source: from.join('; '),
    etcd: release.etcd ?? (await provideEtcd(context)),
    file: (name) => {
      const file = programs.get(name);
      if (file === undefined) throw new Error(`${name} was not asked for`);
      return file;
    },
  };
}
