import { toError } from '../../../lib/runtime/errors.ts';
import { assets } from './assets.ts';
import { debianSource } from './debian-source.ts';
import { envtest } from './envtest.ts';
import { NotHereError } from '../not-here.ts';
import { provideEtcd } from './etcd.ts';
import { goModules } from './go-modules.ts';
import { CONTROL_PLANE, minorOf } from './release.ts';
import type { KubernetesSource, ProgramName, ProvideContext } from './release.ts';
import { attemptsIn, chosenSources, refusalOf } from './source-order.ts';
import type { Attempt } from './source-order.ts';

/** In this order; the first that has all that is wanted is taken. */
const SOURCES: readonly KubernetesSource[] = [assets, envtest, goModules, debianSource];

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

export interface ProvideOptions extends Partial<ProvideContext> {
  /** What is wanted besides the control plane. */
  readonly programs?: readonly ProgramName[];
  /** The oldest minor release that will do: `1.25`. */
  readonly oldest?: string;
  /** Where from, when not from the sources there are. */
  readonly sources?: readonly KubernetesSource[];
}

/**
 * A real Kubernetes: kube-apiserver, kube-controller-manager, etcd and what else is asked for. From, in this order:
 * the folder `KUBEBUILDER_ASSETS`; what an earlier run left in the cache folder; the binaries the kubebuilder project
 * publishes for tests; its published Go modules; the source that Debian has, which is of 2021. What one source lacks is
 * taken from another of the same minor release. `SC_TEST_KUBERNETES=assets|envtest|go-modules|debian` names the one
 * source to take the API server from.
 *
 * Throws one sentence that says what was tried and why it failed; a {@link NotHereError} where that is what a machine
 * lacks to build it.
 */
export async function provideKubernetes(options: ProvideOptions = {}): Promise<KubernetesPrograms> {
  const context = { say: options.say ?? console.error, signal: options.signal };
  const wanted = [...new Set([...CONTROL_PLANE, ...(options.programs ?? [])])];
  const all = options.sources ?? SOURCES;
  const failures: string[] = [];
  let lacksSomething = false;
  for (const { source, how } of attemptsIn(chosenSources(all, process.env['SC_TEST_KUBERNETES']))) {
    try {
      const refusal = refusalOf(source, wanted, options.oldest);
      if (refusal !== undefined) throw new Error(refusal);
      const found = await assemble(source, wanted, how, all, context);
      if (found === undefined) continue;
      const tooOld = refusalOf(found, wanted, options.oldest);
      if (tooOld === undefined) return found;
      throw new Error(tooOld);
    } catch (thrown) {
      context.signal?.throwIfAborted();
      lacksSomething ||= thrown instanceof NotHereError;
      const failure = `${source.name}: ${toError(thrown).message}`;
      if (!failures.includes(failure)) failures.push(failure);
      // Who names a folder wants that one.
      if (source === assets && process.env['KUBEBUILDER_ASSETS']) break;
    }
  }
  const why = `no Kubernetes can be had for tests (${failures.join('; ')})`;
  throw lacksSomething ? new NotHereError(why) : new Error(why);
}

/** The API server of `source`, and what it lacks from the others. */
async function assemble(
  source: KubernetesSource,
  wanted: readonly ProgramName[],
  how: Attempt['how'],
  all: readonly KubernetesSource[],
  context: ProvideContext,
): Promise<KubernetesPrograms | undefined> {
  const release = how === 'find' ? await source.find() : await source.provide(context);
  if (release === undefined) return undefined;
  const programs = new Map(release.programs);
  const lacking = (): ProgramName[] => wanted.filter((name) => !programs.has(name));
  const from = [source.description];
  for (const other of all) {
    if (lacking().length === 0) break;
    if (other === source || other.version === undefined) continue;
    if (minorOf(other.version) !== minorOf(release.version)) continue;
    const mayProvide = how === 'provide' || source === assets;
    const rest = (await other.find()) ?? (mayProvide ? await other.provide(context) : undefined);
    if (rest === undefined) continue;
    from.push(`${lacking().join(', ')} ${other.description}`);
    for (const name of lacking()) {
      const file = rest.programs.get(name);
      if (file !== undefined) programs.set(name, file);
    }
  }
  if (lacking().length > 0) {
    if (how === 'find' && source !== assets) return undefined;
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
