import type { ServerConfig, TrustedTls } from './config.ts';
import type { ConfigNode } from './config-node.ts';
import { complete } from './config-node.ts';
import { distinct } from './distinct.ts';

const NAME = /^[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$/;

/** The section `servers`. */
export function readServers(node: ConfigNode | undefined): ServerConfig[] | undefined {
  const items = node?.list();
  const servers = items?.map(readServer);
  distinct(items, servers, (server) => server.name, 'name');
  return servers?.every((server) => server !== undefined) ? servers : undefined;
}

function readServer(node: ConfigNode): ServerConfig | undefined {
  const section = node.object(['name', 'engine', 'serves', 'admin', 'advertise']);
  if (section === undefined) return undefined;
  return complete<ServerConfig>({
    name: section.required('name')?.matching(NAME, 'letters, digits, "-", "." and "_", at most 63 characters'),
    engine: section.required('engine')?.choice('postgresql', 'mysql'),
    serves: readServes(section.required('serves')),
    admin: readAdmin(section.required('admin')),
    advertise: readAdvertise(section.required('advertise')),
  });
}

function readServes(node: ConfigNode | undefined): string[] | undefined {
  const items = node?.list();
  const values = items?.map((item) => item.text(64));
  distinct(items, values, (value) => value, 'version');
  return values?.every((value) => value !== undefined) ? values : undefined;
}

function readAdmin(node: ConfigNode | undefined): ServerConfig['admin'] | undefined {
  const section = node?.object(['host', 'port', 'username', 'passwordFile', 'database', 'tls']);
  if (section === undefined) return undefined;
  const databaseNode = section.optional('database');
  const tlsNode = section.optional('tls');
  const admin = complete<Pick<ServerConfig['admin'], 'host' | 'port' | 'username' | 'password'>>({
    host: section.required('host')?.text(255),
    port: section.required('port')?.integer(1, 65_535),
    username: section.required('username')?.text(128),
    password: section.required('passwordFile')?.secretFile(),
  });
  const database = databaseNode?.text(128);
  const tls = readTrustedTls(tlsNode);
  return admin && { ...admin, ...(database === undefined ? {} : { database }), ...(tls ? { tls } : {}) };
}

function readAdvertise(node: ConfigNode | undefined): ServerConfig['advertise'] | undefined {
  const section = node?.object(['host', 'port', 'tls']);
  if (section === undefined) return undefined;
  const tls = readTrustedTls(section.optional('tls'));
  const address = complete<{ host: string; port: number }>({
    host: section.required('host')?.matching(/^[A-Za-z0-9.:_-]{1,255}$/, 'a host name or an IP address'),
    port: section.required('port')?.integer(1, 65_535),
  });
  return address && { ...address, ...(tls ? { tls } : {}) };
}

/** `tls: { caFile }`: TLS, with the authority to trust. */
export function readTrustedTls(node: ConfigNode | undefined): TrustedTls | undefined {
  const ca = node?.object(['caFile'])?.required('caFile')?.pemFile();
  return ca === undefined ? undefined : { ca };
}
