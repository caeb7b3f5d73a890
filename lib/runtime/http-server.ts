import { createServer as createHttpServer } from 'node:http';
import type { RequestListener, Server } from 'node:http';
import { createServer as createHttpsServer, Server as HttpsServer } from 'node:https';
import type { ServerOptions } from 'node:https';
import { isIPv6 } from 'node:net';
import type { AddressInfo } from 'node:net';

/** Where and how a server listens. */
export interface ListenOptions {
  /** Empty: every address of the machine, of IPv6 and IPv4, or of IPv4 alone where there is no IPv6. */
  readonly host: string;
  /** 0 takes a free port. */
  readonly port: number;
  /** Serve TLS with these; plain HTTP when absent. */
  readonly tls?: Pick<ServerOptions, 'key' | 'cert' | 'ca' | 'requestCert' | 'rejectUnauthorized' | 'minVersion'>;
  /** A request must have arrived whole after this, milliseconds; 30 s when absent. Bodies that trickle are ended. */
  readonly requestTimeoutMs?: number;
}

/** A server that listens. */
export interface ListeningServer {
  readonly server: Server;
  readonly port: number;
  /** `https://127.0.0.1:8443` or so; the host as it was asked for, or the address that stands for every one. */
  readonly url: string;
  /** Serves TLS with these from the next handshake on. Throws for a server of plain HTTP. */
  renewCertificate(tls: Pick<ServerOptions, 'key' | 'cert' | 'ca' | 'minVersion'>): void;
  /** Takes no new connection, lets running requests end for `drainMs` (5 s when absent), then closes what is left. */
  close(drainMs?: number): Promise<void>;
}

/** Starts to serve `handler`; resolves when the port is open, rejects (EADDRINUSE …) when it cannot be opened. */
export async function listen(handler: RequestListener, options: ListenOptions): Promise<ListeningServer> {
  const server: Server = options.tls ? createHttpsServer({ ...options.tls }, handler) : createHttpServer(handler);
  server.requestTimeout = options.requestTimeoutMs ?? 30_000;
  server.headersTimeout = 10_000;
  // Longer than clients and proxies keep a connection that is not used: who closes first must not be the one that is asked.
  server.keepAliveTimeout = 65_000;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port, options.host, () => {
      server.off('error', reject);
      resolve();
    });
  });
  const { address, port } = server.address() as AddressInfo;
  const host = options.host === '' ? address : options.host;
  return {
    server,
    port,
    url: `${options.tls ? 'https' : 'http'}://${isIPv6(host) ? `[${host}]` : host}:${port}`,
    renewCertificate: (tls) => {
      if (!(server instanceof HttpsServer)) throw new TypeError('a server of plain HTTP has no certificate');
      server.setSecureContext(tls);
    },
    close: async (drainMs = 5_000) => {
      const closed = new Promise<void>((resolve) => {
        server.close(() => {
          resolve();
        });
      });
      server.closeIdleConnections();
      const deadline = setTimeout(() => {
        server.closeAllConnections();
      }, drainMs);
      await closed;
      clearTimeout(deadline);
    },
  };
}
