/** What of Kubernetes a test may want to run; etcd comes from {@link ./etcd.ts}, kubectl from the PATH. */
export const PROGRAMS = [
  'kube-apiserver',
  'kube-controller-manager',
  'kube-scheduler',
  'kube-proxy',
  'kubelet',
] as const;

export type ProgramName = (typeof PROGRAMS)[number];

/** What every cluster has, with pods or without. */
export const CONTROL_PLANE = ['kube-apiserver', 'kube-controller-manager'] as const satisfies readonly ProgramName[];

/** Rules in the schemas of kinds (CEL) are on since this release; earlier ones drop them. */
export const RULES_SINCE = '1.25';
/** Match conditions of webhooks are on since this release; earlier ones drop them. */
export const CONDITIONS_SINCE = '1.28';

/** Programs that belong together. */
export interface Release {
  /** `v1.34.4` */
  readonly version: string;
  readonly programs: ReadonlyMap<ProgramName, string>;
  /** An etcd that came with them. */
  readonly etcd?: string;
}

/** Somewhere to have Kubernetes from. */
export interface KubernetesSource {
  /** How `SC_TEST_KUBERNETES` names it. */
  readonly name: string;
  /** For people: `built from its published Go modules`. */
  readonly description: string;
  /** Of all it has, when that is known without asking; what others lack is taken from those only. */
  readonly version?: string;
  /** All it has, when that is known without asking and others cannot add to it. */
  readonly programs?: readonly ProgramName[];
  /** Much older than the others: taken only when none of them can be had, even when it is on this machine already. */
  readonly lastResort?: boolean;
  /** What is on this machine already. */
  find(): Promise<Release | undefined>;
  /** Fetches or builds it. Throws one sentence that says why it cannot. */
  provide(context: ProvideContext): Promise<Release>;
}

export interface ProvideContext {
  /** Told what takes long. */
  readonly say: (message: string) => void;
  readonly signal?: AbortSignal | undefined;
}

/** `v1.34.4` -> `1.34`: programs of one minor release work together whatever their patch release is. */
export function minorOf(version: string): string {
  const match = /^v?(\d+)\.(\d+)/.exec(version);
  if (match === null) throw new Error(`"${version}" is no version of Kubernetes`);
  return `${match[1] ?? ''}.${match[2] ?? ''}`;
}

/** Whether a version is of a minor release before that of another: patch releases do not count. */
export function isOlder(version: string, than: string): boolean {
  const [major, minor, thanMajor, thanMinor] = [minorOf(version), minorOf(than)]
    .flatMap((release) => release.split('.'))
    .map(Number) as [number, number, number, number];
  return major === thanMajor ? minor < thanMinor : major < thanMajor;
}
