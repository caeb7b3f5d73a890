import { createServer as createHttpServer } from 'node:http';
import type { RequestListener, Server, ServerResponse } from 'node:http';
import { createServer as createHttpsServer, Server as HttpsServer } from 'node:https';
import type { ServerOptions } from 'node:https';
import { isIPv6 } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';

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
  /**
   * From now on a connection ends with the answer that is sent on it, and its client is told so. New ones are still
   * taken and idle ones kept, for their clients may be about to use them.
   */
  lastAnswers(): void;
  /**
   * Takes no new connection, lets running requests end for `drainMs` (5 s when absent), then closes what is left. Every
   * connection ends with the answer that is sent on it: clients that go on asking are not cut off in the middle.
   */
  close(drainMs?: number): Promise<void>;
}

/** How often it is looked whether a request has taken too long to arrive, milliseconds; Node's own 30 s are too seldom. */
const CHECK_EVERY_MS = 1_000;

/** Starts to serve `handler`; resolves when the port is open, rejects (EADDRINUSE …) when it cannot be opened. */
export async function listen(handler: RequestListener, options: ListenOptions): Promise<ListeningServer> {
  const server: Server = options.tls
    ? createHttpsServer({ ...options.tls, connectionsCheckingInterval: CHECK_EVERY_MS }, handler)
    : createHttpServer({ connectionsCheckingInterval: CHECK_EVERY_MS }, handler);
  const lastAnswers = announceLastAnswers(server);
  const endAllConnections = trackConnections(server);
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
    lastAnswers,
    close: async (drainMs = 5_000) => {
      lastAnswers();
      const closed = new Promise<void>((resolve) => {
        server.close(() => {
          resolve();
        });
      });
      server.closeIdleConnections();
      const deadline = setTimeout(endAllConnections, drainMs);
      await closed;
      clearTimeout(deadline);
    },
  };
}

/** Answers a function from whose call on each connection ends with the answer that is sent on it. */
function announceLastAnswers(server: Server): () => void {
  const unanswered = new Set<ServerResponse>();
  let last = false;
  const announce = (response: ServerResponse): void => {
    if (!response.headersSent) response.setHeader('connection', 'close');
  };
  server.prependListener('request', (_request, response) => {
    if (last) announce(response);
    unanswered.add(response);
    response.once('close', () => {
      unanswered.delete(response);
      // One that had begun before its client could be told, when no other will come on its connection.
      if (last && !server.listening) server.closeIdleConnections();
    });
  });
  return () => {
    last = true;
    for (const response of unanswered) announce(response);
  };
}

/** Answers a function that ends every connection, also those whose handshake or first request is still to come. */
function trackConnections(server: Server): () => void {
  const sockets = new Set<Socket>();
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  return () => {
    for (const socket of sockets) socket.destroy();
  };
}
