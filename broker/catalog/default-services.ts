import type { PlanDefinition, ServiceDefinition } from './definitions.ts';

/**
 * The services of a broker whose configuration names none. Ids never change: a platform that sees another id sees
 * another service (spec.md "Catalog Management").
 */
export const DEFAULT_SERVICES: readonly ServiceDefinition[] = [
  {
    id: '6d3ad6d1-5a0c-4c52-8f2e-0b7f5a1e4c01',
    name: 'cloud-postgresql',
    engine: 'postgresql',
    description: 'A PostgreSQL database with its own roles, ready for applications.',
    tags: ['postgresql', 'postgres', 'relational', 'sql', 'database'],
    metadata: {
      displayName: 'Cloud PostgreSQL',
      longDescription:
        'A database of its own on a PostgreSQL server. Every binding has its own login; bindings of one instance share what they create, and no binding can reach another instance.',
      providerDisplayName: 'Service Catalog',
      documentationUrl: 'https://www.postgresql.org/docs/current/',
    },
    plans: plans('PostgreSQL', [
      '6d3ad6d1-5a0c-4c52-8f2e-0b7f5a1e4c11',
      '6d3ad6d1-5a0c-4c52-8f2e-0b7f5a1e4c12',
      '6d3ad6d1-5a0c-4c52-8f2e-0b7f5a1e4c13',
    ]),
  },
  {
    id: 'b2c9c6a8-3f1d-4f0e-9d57-7e1c2d8a9b01',
    name: 'cloud-mysql',
    engine: 'mysql',
    description: 'A MySQL or MariaDB database with its own accounts, ready for applications.',
    tags: ['mysql', 'mariadb', 'relational', 'sql', 'database'],
    metadata: {
      displayName: 'Cloud MySQL',
      longDescription:
        'A database of its own on a MySQL or MariaDB server. Every binding has its own account; no binding can reach another instance. The credentials name the real product and version.',
      providerDisplayName: 'Service Catalog',
      documentationUrl: 'https://dev.mysql.com/doc/',
    },
    plans: plans('MySQL', [
      'b2c9c6a8-3f1d-4f0e-9d57-7e1c2d8a9b11',
      'b2c9c6a8-3f1d-4f0e-9d57-7e1c2d8a9b12',
      'b2c9c6a8-3f1d-4f0e-9d57-7e1c2d8a9b13',
    ]),
  },
];

/** Both services have the same three sizes. */
function plans(product: string, [small, standard, large]: readonly [string, string, string]): PlanDefinition[] {
  return [
    plan(small, 'small', `A ${product} database to try things out`, 10, { default: 5, maximum: 10 }),
    plan(standard, 'standard', `A ${product} database for an application`, 25, { default: 20, maximum: 100 }),
    plan(large, 'large', `A ${product} database for a busy application`, 50, { default: 100, maximum: 1000 }),
  ];
}

function plan(
  id: string,
  name: string,
  what: string,
  connections: number,
  storageGB: PlanDefinition['storageGB'],
): PlanDefinition {
  return {
    id,
    name,
    description: `${what}: up to ${connections} connections and ${storageGB.maximum} GB.`,
    free: true,
    connections,
    storageGB,
    metadata: {
      displayName: name.charAt(0).toUpperCase() + name.slice(1),
      bullets: [`${connections} connections`, `${storageGB.default} GB, at most ${storageGB.maximum} GB`],
    },
  };
}
