import { isOlder } from './release.ts';
import type { KubernetesSource, ProgramName } from './release.ts';

/** To look whether a source has been used before, or to have it fetch or build. */
export interface Attempt {
  readonly source: KubernetesSource;
  readonly how: 'find' | 'provide';
}

/**
 * What is on the machine goes before what must be fetched, in the order of the sources; all that before a last resort.
 */
export function attemptsIn(sources: readonly KubernetesSource[]): Attempt[] {
  const usual = sources.filter((source) => source.lastResort !== true);
  const last = sources.filter((source) => source.lastResort === true);
  return [usual, last].flatMap((group) =>
    (['find', 'provide'] as const).flatMap((how) => group.map((source) => ({ source, how }))),
  );
}

/** The sources to try: all, or the one of that name. Throws when there is none of that name. */
export function chosenSources(all: readonly KubernetesSource[], name: string | undefined): readonly KubernetesSource[] {
  if (name === undefined || name === '') return all;
  const chosen = all.filter((source) => source.name === name);
  if (chosen.length > 0) return chosen;
  throw new Error(`SC_TEST_KUBERNETES is "${name}"; it must be one of ${all.map((source) => source.name).join(', ')}`);
}

/** Why what a source has will not do, as far as that is known before it is fetched; undefined when it may do. */
export function refusalOf(
  has: { readonly version?: string; readonly programs?: readonly ProgramName[] },
  wanted: readonly ProgramName[],
  oldest: string | undefined,
): string | undefined {
  const { version, programs } = has;
  if (version !== undefined && oldest !== undefined && isOlder(version, oldest)) {
    return `it is Kubernetes ${version}, and ${oldest} or later is wanted`;
  }
  const lacking = wanted.filter((name) => programs !== undefined && !programs.includes(name));
  return lacking.length > 0 ? `it has no ${lacking.join(', ')}` : undefined;
}
