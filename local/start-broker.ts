import { randomBytes } from 'node:crypto';
import { brokerConfigText } from './broker-config.ts';
import type { TenantServer } from './broker-config.ts';
import { ensureSecretFile, generatePassword, writePrivateFile } from './home/private-files.ts';
import * as programs from './programs.ts';
import type { ProgramContext, StartProgram } from './programs.ts';
import type { ServerAddress } from './servers/server.ts';
import { ensureStoreDatabase } from './store-database.ts';

export interface BrokerOptions {
  readonly context: ProgramContext;
  readonly start: StartProgram;
  /** The name the broker knows its only platform by. */
  readonly username: string;
  readonly store: ServerAddress;
  readonly tenants: readonly TenantServer[];
  /** The host that credentials name. */
  readonly advertiseHost: string;
}

/** The broker, with its database, its keys and its configuration file; made when absent. */
export async function startBroker(options: BrokerOptions): Promise<void> {
  const { home, ports, certificates } = options.context;
  const passwordFile = home.secret('broker-store.password');
  const url = await ensureStoreDatabase(options.store, await ensureSecretFile(passwordFile, generatePassword));
  const encryptionKeyFile = home.secret('encryption.key');
  // The configuration is written after the key: where it is, the store may hold what only that key opens.
  await ensureSecretFile(encryptionKeyFile, () => randomBytes(32).toString('base64'), home.brokerConfig);
  const text = brokerConfigText({
    listen: { host: '127.0.0.1', port: ports.broker },
    tls: certificates.broker,
    user: { username: options.username, passwordFile: home.secret('broker.password') },
    store: { url, passwordFile },
    encryptionKeyFile,
    servers: options.tenants,
    advertiseHost: options.advertiseHost,
  });
  await writePrivateFile(home.brokerConfig, text);
  await options.start(programs.broker(options.context), `https://127.0.0.1:${ports.broker}`);
}
