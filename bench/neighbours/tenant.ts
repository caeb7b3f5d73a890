/**
 * A tenant that works in its own database, in a process of its own: small transactions, one after the other, from
 * several connections. neighbours.ts starts it and talks to it over IPC: first its {@link Assignment}, then `begin` and
 * `end` around each phase; it answers `ready`, and the {@link Phase} that has ended.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { connectMysql, connectPostgres } from './transactions.ts';
import type { Connect, Credentials } from './transactions.ts';

/** What a tenant works with. */
export interface Assignment {
  readonly engine: 'postgresql' | 'mysql';
  readonly credentials: Credentials;
  readonly clients: number;
  /** Between two transactions of one client, milliseconds. */
  readonly thinkMs: number;
}

/** What a tenant did in one phase, milliseconds. */
export interface Phase {
  readonly durations: readonly number[];
  readonly elapsed: number;
}

const CONNECT: Readonly<Record<Assignment['engine'], Connect>> = { postgresql: connectPostgres, mysql: connectMysql };

let durations: number[] = [];
let begun = 0;

process.once('message', (assignment: Assignment) => {
  void work(assignment);
});
process.on('disconnect', () => process.exit());

async function work({ engine, credentials, clients, thinkMs }: Assignment): Promise<void> {
  const client = CONNECT[engine];
  const first = await client(credentials, 0);
  await first.prepare();
  const others = Array.from({ length: clients - 1 }, (_, index) => client(credentials, index + 1));
  const sessions = [first, ...(await Promise.all(others))];
  process.on('message', (message) => {
    if (message === 'begin') {
      durations = [];
      begun = performance.now();
    }
    if (message === 'end') {
      const phase: Phase = { durations, elapsed: performance.now() - begun };
      process.send?.(phase);
    }
  });
  process.send?.('ready');
  await Promise.all(
    sessions.map(async (session) => {
      for (;;) {
        const sent = performance.now();
        await session.transaction();
        durations.push(performance.now() - sent);
        await sleep(thinkMs);
      }
    }),
  );
}
