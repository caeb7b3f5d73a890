import type { ServerConfig } from '../config/config.ts';
import type { ServerIdentity } from '../engine/engine.ts';
import type { Endpoint, JsonObject } from '../../lib/osb/types.ts';

/** A login and where it is good for. */
export interface LoginAddress {
  readonly server: Pick<ServerConfig, 'engine' | 'advertise'>;
  /** The real product, whatever `version` the user asked for. */
  readonly identity: ServerIdentity;
  readonly database: string;
  readonly username: string;
  readonly password: string;
}

/**
 * What a binding gives to applications: the keys of the Service Binding specification, those that Cloud Foundry's
 * libraries know, and URLs for the common ways to connect. With TLS there are also `certificates` (PEM, to trust) and
 * for PostgreSQL `sslmode`; without TLS neither.
 */
export function credentials(login: LoginAddress): JsonObject {
  const { server, identity, database, username, password } = login;
  const { host, port, tls } = server.advertise;
  const authority = `${host.includes(':') ? `[${host}]` : host}:${port}`;
  // Names and passwords are [A-Za-z0-9]; encoded all the same, so that this stays right if that ever changes.
  const user = encodeURIComponent(username);
  const secret = encodeURIComponent(password);
  const parameters = tls ? TLS_PARAMETERS[server.engine] : { uri: '', jdbc: '', keys: {} };
  const uri = `${server.engine}://${user}:${secret}@${authority}/${database}${parameters.uri}`;
  return {
    type: server.engine,
    provider: identity.product,
    version: identity.version,
    host,
    port,
    database,
    username,
    password,
    uri,
    connectionString: uri,
    jdbcUrl: `jdbc:${server.engine}://${authority}/${database}?user=${user}&password=${secret}${parameters.jdbc}`,
    ...(tls ? { ...parameters.keys, certificates: tls.ca } : {}),
  };
}

/**
 * How each kind of client is told to encrypt. The URLs ask for encryption only, since they cannot carry the
 * authority's certificate; who wants the server's identity checked uses `certificates`. A `mysql:` URL has no
 * parameter that clients agree on.
 */
const TLS_PARAMETERS = {
  postgresql: { uri: '?sslmode=require', jdbc: '&sslmode=require', keys: { sslmode: 'require' } },
  mysql: { uri: '', jdbc: '&sslMode=REQUIRED', keys: {} },
} as const;

/** Where the application will connect to, for platforms that open networks (spec.md "Binding", `endpoints`). */
export function endpoints(server: Pick<ServerConfig, 'advertise'>): Endpoint[] {
  return [{ host: server.advertise.host, ports: [String(server.advertise.port)], protocol: 'tcp' }];
}
