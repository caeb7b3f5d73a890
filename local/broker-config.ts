import { stringify } from 'yaml';
import type { ServerAddress } from './servers/server.ts';

/** A database server as the broker is told of it. The password is in a file. */
export interface TenantServer {
  readonly name: string;
  readonly engine: 'postgresql' | 'mysql';
  readonly address: ServerAddress;
  readonly passwordFile: string;
}

export interface BrokerConfigFacts {
  readonly listen: { readonly host: string; readonly port: number };
  readonly tls: { readonly certificateFile: string; readonly keyFile: string };
  readonly user: { readonly username: string; readonly passwordFile: string };
  readonly store: { readonly url: string; readonly passwordFile: string };
  readonly encryptionKeyFile: string;
  readonly servers: readonly TenantServer[];
  /** The host that credentials name. */
  readonly advertiseHost: string;
}

/** The broker's configuration file. It names the files of secrets and holds none. */
export function brokerConfigText(facts: BrokerConfigFacts): string {
  return stringify({
    listen: {
      ...facts.listen,
      tls: { certFile: facts.tls.certificateFile, keyFile: facts.tls.keyFile },
    },
    auth: [facts.user],
    store: facts.store,
    encryption: { keys: [{ label: 'local-1', keyFile: facts.encryptionKeyFile }] },
    servers: facts.servers.map(({ name, engine, address, passwordFile }) => ({
      name,
      engine,
      serves: versionsServed(address.product, address.version),
      admin: { host: address.host, port: address.port, username: address.username, passwordFile },
      advertise: {
        host: isLoopback(address.host) ? facts.advertiseHost : address.host,
        port: address.port,
      },
    })),
  });
}

const isLoopback = (host: string): boolean => host === '127.0.0.1' || host === 'localhost' || host === '::1';

/**
 * The values of the parameter `version` that a server on this machine answers to, its real one first, which is also
 * what somebody gets who asks for none. The only MySQL here also stands in for the versions that YAML written for the
 * original Service Catalog asks for; credentials always name the real product and version.
 */
export function versionsServed(product: string, version: string): string[] {
  const [major = '', minor = ''] = version.split('.');
  const series = product === 'PostgreSQL' ? major : `${major}.${minor}`;
  const standsInFor = product === 'PostgreSQL' ? [] : ['5.7', '8.0', '8.4'];
  return [...new Set([series, version, ...standsInFor])];
}
