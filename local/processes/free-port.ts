import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { errorCode } from '../../lib/runtime/errors.ts';

/** A TCP port of 127.0.0.1 that nobody listens on at this moment. */
export async function freePort(): Promise<number> {
  const port = await openOnce(0);
  if (port === undefined) throw new Error('the system has no free port on 127.0.0.1');
  return port;
}

/** True when `port` of 127.0.0.1 can be listened on at this moment. */
export async function isFree(port: number): Promise<boolean> {
  return (await openOnce(port)) !== undefined;
}

async function openOnce(port: number): Promise<number | undefined> {
  const server = createServer();
  try {
    return await new Promise<number>((resolve, reject) => {
      server.once('error', reject);
      server.listen(port, '127.0.0.1', () => {
        resolve((server.address() as AddressInfo).port);
      });
    });
  } catch (thrown) {
    if (errorCode(thrown) === 'EADDRINUSE' || errorCode(thrown) === 'EACCES') return undefined;
    throw thrown;
  } finally {
    await new Promise((resolve) => server.close(resolve));
  }
}
