/** A volume of docker-compose.yml and what `prepare` puts into it. */
export interface Share {
  /** The user and group that the service runs as; nobody else can read the volume. */
  readonly owner: number;
  /** Names of secrets, see `secrets.ts`. */
  readonly files: readonly string[];
}

/** The user of the image of this project. */
const OURS = 65_532;
/** The user of the official images of PostgreSQL (Debian) and MySQL. */
const DATABASE = 999;

/** Every service gets the secrets it needs in a volume of its own. Volumes for data only get their owner. */
export const SHARES: Readonly<Record<string, Share>> = {
  'store-secrets': { owner: DATABASE, files: ['store.password'] },
  'store-data': { owner: DATABASE, files: [] },
  'postgres-secrets': { owner: DATABASE, files: ['postgres.password'] },
  'postgres-data': { owner: DATABASE, files: [] },
  'mysql-secrets': { owner: DATABASE, files: ['mysql.password'] },
  'mysql-data': { owner: DATABASE, files: [] },
  'broker-secrets': {
    owner: OURS,
    files: [
      ...['ca.crt', 'broker.crt', 'broker.key', 'platform.password', 'encryption.key'],
      ...['store.password', 'postgres.password', 'mysql.password'],
    ],
  },
  'apiserver-secrets': { owner: OURS, files: ['ca.crt', 'apiserver.crt', 'apiserver.key', 'apiserver.kubeconfig'] },
  'apiserver-data': { owner: OURS, files: [] },
  'controller-secrets': { owner: OURS, files: ['ca.crt', 'controller.kubeconfig'] },
  'user-secrets': { owner: OURS, files: ['ca.crt', 'platform.password', 'admin.kubeconfig', 'host.kubeconfig'] },
};
