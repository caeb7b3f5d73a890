import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';
import { errorCode } from '../../lib/runtime/errors.ts';

/**
 * Where ports are looked for: below those that systems hand out to outgoing connections, so that none of these sits on
 * a port of ours when we start again.
 */
const FIRST = 20_000;
const LAST = 32_000;

/** A TCP port of 127.0.0.1 that nobody listens on at this moment and that is none of `taken`. */
export async function freePort(taken: ReadonlySet<number> = new Set()): Promise<number> {
  for (let attempt = 0; attempt < 200; attempt += 1) {
    const port = randomInt(FIRST, LAST);
    if (!taken.has(port) && (await isFree(port))) return port;
  }
  throw new Error(`no free port between ${FIRST} and ${LAST} on 127.0.0.1`);
}

/** True when `port` of 127.0.0.1 can be listened on at this moment. */
export async function isFree(port: number): Promise<boolean> {
  return openOnce(port);
}

async function openOnce(port: number): Promise<boolean> {
  const server = createServer();
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(port, '127.0.0.1', resolve);
    });
    return true;
  } catch (thrown) {
    if (errorCode(thrown) === 'EADDRINUSE' || errorCode(thrown) === 'EACCES') return false;
    throw thrown;
  } finally {
    await new Promise((resolve) => server.close(resolve));
  }
}
