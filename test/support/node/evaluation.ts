import type { AdminServer } from '../census.ts';
import type { Cluster } from '../cluster.ts';
import { MARIADB_IMAGE, POSTGRESQL_IMAGE } from './images/databases.ts';

/** Servers that evaluation.yaml of the chart database-broker adds, in their pods. */
export const EVALUATION_SERVERS = ['store', 'postgresql', 'mysql'] as const;

/** The values with which the chart takes images that are there. */
export const EVALUATION_VALUES = {
  store: { image: POSTGRESQL_IMAGE },
  postgresql: { image: POSTGRESQL_IMAGE },
  mysql: { image: MARIADB_IMAGE, serves: [MARIADB_IMAGE.tag, '5.7'] },
};

/**
 * The servers that hold tenants' databases, with an administrator's URL that works on the node. Their passwords are in
 * Secrets of the chart, in the namespace of `cluster`.
 */
export async function evaluationServers(cluster: Cluster): Promise<AdminServer[]> {
  const address = async (name: string): Promise<{ host: string; password: string }> => {
    const service = await cluster.kubectl.json<{ spec: { clusterIP: string } }>([
      ...['--namespace', cluster.namespace, 'get', 'service', name],
    ]);
    return { host: service.spec.clusterIP, password: (await cluster.secret(name))?.['password'] ?? '' };
  };
  const postgresql = await address('database-broker-postgresql');
  const mysql = await address('database-broker-mysql');
  return [
    {
      name: 'evaluation-postgresql',
      engine: 'postgresql',
      url: `postgresql://postgres:${postgresql.password}@${postgresql.host}:5432/postgres`,
    },
    { name: 'evaluation-mysql', engine: 'mysql', url: `mysql://root:${mysql.password}@${mysql.host}:3306/` },
  ];
}
