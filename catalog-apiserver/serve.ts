import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../lib/runtime/clock.ts';
import { listen } from '../lib/runtime/http-server.ts';
import type { Lifecycle } from '../lib/runtime/lifecycle.ts';
import type { Logger } from '../lib/runtime/log.ts';
import type { Registry } from '../lib/runtime/metrics.ts';
import { administratorsOnly } from './authorizer.ts';
import { startControllers } from './controllers.ts';
import { loadDefinitions } from './kinds/load-definitions.ts';
import type { Admission } from './registry/context.ts';
import { createApiServer } from './server.ts';
import { SqliteStorage } from './storage/sqlite.ts';

/** What a whole server needs: settings with the contents of their files. */
export interface ServeOptions {
  readonly dataDir: string;
  readonly host: string;
  readonly port: number;
  /** PEM. `clientCa` signs the certificates of clients. */
  readonly tls: { readonly cert: string; readonly key: string; readonly clientCa: string };
  readonly crdsDir: string;
  /** The path or the text of a kubeconfig, once the server's address is known; undefined runs no controllers. */
  readonly clientKubeconfig: (url: string) => string | undefined;
  readonly admission: Admission;
  readonly clock: Clock;
  readonly registry: Registry;
  readonly log: Logger;
}

/** How much of the past a watch can resume from. A laptop that sleeps longer lists again. */
const HISTORY_MS = 15 * 60_000;
const HISTORY_CHANGES = 50_000;

/** How long a connection stays open that nobody uses, milliseconds. */
const KEEP_ALIVE_MS = 60_000;

/** Requests that run when the server stops get so long to end, milliseconds. */
const DRAIN_MS = 3_000;

/** Opens the storage, listens and starts the controllers; all of it ends with `lifecycle`. Answers the URL. */
export async function serve(options: ServeOptions, lifecycle: Lifecycle): Promise<string> {
  const { clock, log, tls } = options;
  const definitions = await loadDefinitions(options.crdsDir);
  await mkdir(options.dataDir, { recursive: true, mode: 0o700 });
  const storage = new SqliteStorage({
    path: join(options.dataDir, 'apiserver.db'),
    clock,
    historyMs: HISTORY_MS,
    historyChanges: HISTORY_CHANGES,
  });
  lifecycle.onStop('storage', () => {
    storage.close();
  });
  const server = await createApiServer({ ...options, storage, definitions, authorizer: administratorsOnly });
  const listening = await listen(server.handler, {
    host: options.host,
    port: options.port,
    // Whoever has no certificate gets a 401 that says so, instead of a broken handshake.
    tls: { cert: tls.cert, key: tls.key, ca: tls.clientCa, requestCert: true, rejectUnauthorized: false },
  });
  // Clients that come back every few seconds keep their connection, and save both sides a handshake.
  listening.server.keepAliveTimeout = KEEP_ALIVE_MS;
  lifecycle.onStop('http server', async () => {
    server.stop();
    await listening.close(DRAIN_MS);
  });
  log.info({ url: listening.url, kinds: server.kinds.all.length }, 'listening');
  const kubeconfig = options.clientKubeconfig(listening.url);
  if (kubeconfig === undefined) {
    log.warn('no --client-kubeconfig: nothing is garbage collected, and namespaces that are deleted stay');
    return listening.url;
  }
  const controllers = startControllers({ kubeconfig, kinds: server.kinds, log, clock });
  lifecycle.onStop('controllers', () => controllers.stop());
  return listening.url;
}
