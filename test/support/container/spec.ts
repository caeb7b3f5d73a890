/** A folder or file of this machine in a container. */
export interface Bind {
  readonly source: string;
  readonly target: string;
  readonly readOnly: boolean;
}

/** How a container is to run. Its root is read-only, and processes gain no privileges. */
export interface ContainerSettings {
  readonly root: string;
  readonly args: readonly string[];
  readonly env: readonly string[];
  readonly workingDirectory: string;
  readonly user: { readonly uid: number; readonly gid: number };
  /** `CAP_CHOWN` and the like; none when absent. */
  readonly capabilities?: readonly string[];
  readonly binds?: readonly Bind[];
  /** Folders in memory. */
  readonly temporary?: readonly string[];
  /** `/proc/PID/ns/net` of another container; absent: a network of its own with nothing but loopback. */
  readonly network?: string;
}

/** The settings as the specification of runtimes for containers has them (OCI runtime-spec 1.0, config.json). */
export function specOf(settings: ContainerSettings): object {
  const { binds = [], temporary = [], capabilities = [], network } = settings;
  const sets = ['bounding', 'effective', 'permitted'];
  return {
    ociVersion: '1.0.2',
    root: { path: settings.root, readonly: true },
    hostname: 'container',
    process: {
      terminal: false,
      user: settings.user,
      args: settings.args,
      env: settings.env,
      cwd: settings.workingDirectory,
      capabilities: Object.fromEntries(sets.map((set) => [set, capabilities])),
      noNewPrivileges: true,
    },
    mounts: [
      { destination: '/proc', type: 'proc', source: 'proc' },
      { destination: '/dev', type: 'tmpfs', source: 'tmpfs', options: ['nosuid', 'mode=755', 'size=64k'] },
      ...temporary.map((destination) => ({
        destination,
        type: 'tmpfs',
        source: 'tmpfs',
        options: ['nosuid', 'nodev', 'mode=1777', 'size=64m'],
      })),
      ...binds.map(({ source, target, readOnly }) => ({
        destination: target,
        type: 'bind',
        source,
        options: ['rbind', readOnly ? 'ro' : 'rw'],
      })),
    ],
    linux: {
      namespaces: [
        ...['pid', 'mount', 'ipc', 'uts'].map((type) => ({ type })),
        network === undefined ? { type: 'network' } : { type: 'network', path: network },
      ],
    },
  };
}
