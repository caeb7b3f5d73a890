import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { RowDataPacket } from 'mysql2';
import { queryMysql, queryPostgres } from '../census.ts';
import type { AdminServer } from '../census.ts';
import type { Cluster } from '../cluster.ts';
import { Pods } from './pods.ts';

const EXAMPLES = join(import.meta.dirname, '../../../examples');

/** How many rows there are in each of the two databases of the quickstart. */
export interface Visits {
  readonly mysql: number;
  readonly postgresql: number;
}

/** The application of examples/app-deployment.yaml: each request for its page is a row in each of its databases. */
export class DemoApp {
  readonly #cluster: Cluster;
  readonly #pods: Pods;

  constructor(cluster: Cluster) {
    this.#cluster = cluster;
    this.#pods = new Pods(cluster.kubectl, cluster.namespace);
  }

  /** Applies the example as it is, and waits until its pod is ready. */
  async deploy(): Promise<void> {
    await this.#cluster.kubectl.apply(await readFile(join(EXAMPLES, 'app-deployment.yaml'), 'utf8'));
    await this.#cluster.kubectl.run([
      ...['--namespace', this.#cluster.namespace],
      ...['rollout', 'status', 'deployment/my-app', '--timeout=120s'],
    ]);
  }

  /** Asks a pod of it for its page; the numbers it answers. Throws, with its answer, when it could not write. */
  async visit(): Promise<Visits> {
    const [pod] = await this.#pods.ready('app=my-app');
    if (pod?.status.podIP === undefined) throw new Error('no pod of my-app is ready');
    const response = await fetch(`http://${pod.status.podIP}:8080/`, { signal: AbortSignal.timeout(20_000) });
    const text = await response.text();
    if (response.status !== 200) throw new Error(`my-app answers ${response.status} ${text}`);
    return JSON.parse(text) as Visits;
  }

  /** The rows it has written, read from the servers by their administrators. */
  async rows(servers: readonly AdminServer[]): Promise<Visits> {
    const url = (engine: string): URL => new URL(servers.find((server) => server.engine === engine)?.url ?? '');
    const postgresql = url('postgresql');
    postgresql.pathname = (await this.#cluster.secret('my-pg-credentials'))?.['database'] ?? '';
    const mysql = url('mysql');
    mysql.pathname = (await this.#cluster.secret('my-db-credentials'))?.['database'] ?? '';
    const sql = 'SELECT count(*) AS rows_written FROM visits';
    const [ofPostgresql] = await queryPostgres<{ rows_written: string }>(postgresql.href, sql);
    const [ofMysql] = await queryMysql<RowDataPacket & { rows_written: number }>(mysql.href, sql);
    return { mysql: Number(ofMysql?.rows_written), postgresql: Number(ofPostgresql?.rows_written) };
  }
}
