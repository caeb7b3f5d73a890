import { EventEmitter } from 'node:events';
import pg from 'pg';
import { delayAfter } from '../../lib/runtime/backoff.ts';
import type { Clock } from '../../lib/runtime/clock.ts';
import { toError } from '../../lib/runtime/errors.ts';
import type { Logger } from '../../lib/runtime/log.ts';
import type { StoreAddress } from './database.ts';
import { connectionSettings } from './database.ts';
import { ENDED_CHANNEL, QUEUED_CHANNEL } from './operations.ts';

const RECONNECT = { initialMs: 200, maximumMs: 5_000 };
/** A half-open connection is noticed by a query that is not answered. */
const PROBE_EVERY_MS = 15_000;
const GOODBYE_MS = 2_000;

interface Events {
  queued: [];
  /** The id of an operation that ended; none after a time without connection, when any may have ended. */
  ended: [operationId: string | undefined];
  /** As `ended`, when the store has told it; a worker tells the end of its own operations to its own process itself. */
  announced: [];
}

/**
 * NOTIFY of the store as events, over a connection of its own that is replaced when it breaks. Messages may be missed
 * meanwhile: whoever listens also polls, slowly, and is woken once after every new connection.
 */
export class Notifications extends EventEmitter<Events> {
  readonly #address: StoreAddress;
  readonly #clock: Clock;
  readonly #log: Logger;

  constructor(address: StoreAddress, clock: Clock, log: Logger) {
    super();
    // One listener for every request that waits; their number is bounded by the limit on concurrent requests.
    this.setMaxListeners(0);
    this.#address = address;
    this.#clock = clock;
    this.#log = log;
  }

  /** Listens until the signal aborts. */
  async run(signal: AbortSignal): Promise<void> {
    let failures = 0;
    while (!signal.aborted) {
      const client = new pg.Client(connectionSettings(this.#address));
      try {
        // A connection that breaks emits `error` and then `end`.
        const ended = new AbortController();
        client.once('end', () => {
          ended.abort(new Error('the connection to the store ended'));
        });
        client.on('error', () => undefined);
        await client.connect();
        await client.query(`LISTEN ${QUEUED_CHANNEL}`);
        await client.query(`LISTEN ${ENDED_CHANNEL}`);
        client.on('notification', ({ channel, payload }) => {
          if (channel === QUEUED_CHANNEL) this.emit('queued');
          else this.#ended(payload);
        });
        failures = 0;
        this.emit('queued');
        this.#ended(undefined);
        await this.#probe(client, AbortSignal.any([ended.signal, signal]));
      } catch (thrown) {
        failures += 1;
        if (!isStopping(signal))
          this.#log.warn({ err: toError(thrown), failures }, 'the store cannot be listened to; polling until it can');
      } finally {
        await this.#goodbye(client);
      }
      await this.#clock
        .sleep(delayAfter(Math.max(failures, 1), RECONNECT, Math.random()), signal)
        .catch(() => undefined);
    }
  }

  #ended(operationId: string | undefined): void {
    this.emit('ended', operationId);
    this.emit('announced');
  }

  /** Bounded, because a server that does not answer lets nobody say goodbye. */
  async #goodbye(client: pg.Client): Promise<void> {
    const said = new AbortController();
    const deadline = this.#clock.sleep(GOODBYE_MS, said.signal).catch(() => undefined);
    await Promise.race([client.end().catch(() => undefined), deadline]);
    said.abort();
  }

  /** Until the signal aborts or a probe fails; throws why. */
  async #probe(client: pg.Client, signal: AbortSignal): Promise<never> {
    for (;;) {
      await this.#clock.sleep(PROBE_EVERY_MS, signal);
      await client.query('SELECT 1');
    }
  }
}

/** A function, because the compiler believes that a signal it has just seen stays as it is. */
function isStopping(signal: AbortSignal): boolean {
  return signal.aborted;
}
