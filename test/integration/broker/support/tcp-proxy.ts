import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';

/** A way to a server that a test can block and open again, as a network does. */
export interface TcpProxy {
  readonly port: number;
  open(): Promise<void>;
  /** Ends every connection and refuses new ones. */
  block(): Promise<void>;
}

/** A proxy to `port` on loopback; blocked until it is opened. */
export async function tcpProxy(port: number): Promise<TcpProxy> {
  const sockets = new Set<Socket>();
  let server: Server | undefined;

  const listenOn = async (own: number): Promise<number> => {
    server = createServer((client) => {
      const upstream = connect(port, '127.0.0.1');
      for (const [socket, other] of [
        [client, upstream],
        [upstream, client],
      ] as const) {
        sockets.add(socket);
        socket.on('error', () => socket.destroy());
        socket.on('close', () => {
          sockets.delete(socket);
          other.destroy();
        });
        socket.pipe(other);
      }
    });
    server.listen(own, '127.0.0.1');
    await once(server, 'listening');
    return (server.address() as AddressInfo).port;
  };
  const block = async (): Promise<void> => {
    if (server === undefined) return;
    const closed = once(server, 'close');
    server.close();
    for (const socket of sockets) socket.destroy();
    await closed;
    server = undefined;
  };

  const own = await listenOn(0);
  await block();
  return {
    port: own,
    open: async () => {
      await listenOn(own);
    },
    block,
  };
}
