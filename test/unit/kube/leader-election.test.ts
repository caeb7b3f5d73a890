import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { LeadershipLostError, runAsLeader } from '../../../lib/kube/leader-election.ts';
import { silentLogger } from '../../../lib/runtime/log.ts';
import { FakeClock } from './fake-clock.ts';
import { FakeLeases } from './fake-leases.ts';

const timings = { leaseMs: 15_000, renewMs: 10_000, retryMs: 2_000 };

/** A candidate whose work runs until it is told to stop. */
class Candidate {
  readonly network = { cut: false };
  /** How far the clock of its machine has been set, milliseconds. */
  clockSet = 0;
  readonly #stop = new AbortController();
  leading = false;
  ended: Promise<unknown>;

  constructor(leases: FakeLeases, clock: FakeClock, identity: string, stopsAfterMs = 0) {
    this.ended = runAsLeader(
      {
        client: leases.clientOf(this.network),
        namespace: 'ns',
        name: 'lock',
        identity,
        log: silentLogger(),
        clock: {
          now: () => clock.now() + this.clockSet,
          monotonic: () => clock.monotonic(),
          sleep: (milliseconds, signal) => clock.sleep(milliseconds, signal),
        },
        timings,
        random: () => 1,
      },
      async (signal) => {
        this.leading = true;
        await new Promise((resolve) => {
          signal.addEventListener('abort', resolve, { once: true });
        });
        await clock.sleep(stopsAfterMs);
        this.leading = false;
      },
      this.#stop.signal,
    ).catch((thrown: unknown) => thrown);
  }

  stop(): void {
    this.#stop.abort(new Error('stopping'));
  }
}

describe('leader election', () => {
  test('one of two candidates leads; when it stops it gives the lease back and the other leads soon', async () => {
    const [leases, clock] = [new FakeLeases(), new FakeClock()];
    const one = new Candidate(leases, clock, 'one');
    const other = new Candidate(leases, clock, 'other');
    await clock.advance(60_000);
    expect([one.leading, other.leading]).toEqual([true, false]);
    expect(leases.lease?.spec).toMatchObject({ holderIdentity: 'one', leaseDurationSeconds: 15, leaseTransitions: 0 });
    one.stop();
    await clock.advance(timings.retryMs);
    await one.ended;
    expect([one.leading, other.leading]).toEqual([false, true]);
    expect(leases.lease?.spec).toMatchObject({ holderIdentity: 'other', leaseTransitions: 1 });
    other.stop();
    await clock.advance(timings.retryMs);
    expect(leases.lease?.spec?.holderIdentity).toBe('');
  });

  test('a leader that cannot renew stops its work before another may begin, and leads again when it can', async () => {
    const [leases, clock] = [new FakeLeases(), new FakeClock()];
    const one = new Candidate(leases, clock, 'one', 1_000);
    const other = new Candidate(leases, clock, 'other', 1_000);
    await clock.advance(10_000);
    one.network.cut = true;
    let both = false;
    let handedOver = false;
    for (let second = 0; second < 60; second++) {
      await clock.advance(500);
      both ||= one.leading && other.leading;
      handedOver ||= other.leading;
    }
    expect({ both, handedOver, one: one.leading }).toEqual({ both: false, handedOver: true, one: false });
    one.network.cut = false;
    other.network.cut = true;
    await clock.advance(60_000);
    expect([one.leading, other.leading]).toEqual([true, false]);
  });

  test('a leader that cannot renew stops in time, although its clock is set back meanwhile', async () => {
    const [leases, clock] = [new FakeLeases(), new FakeClock()];
    const one = new Candidate(leases, clock, 'one');
    await clock.advance(10_000);
    one.network.cut = true;
    await clock.advance(1_000);
    one.clockSet = -3_600_000;
    await clock.advance(timings.renewMs);
    expect(one.leading).toBe(false);
  });

  test('a candidate whose clock is set forward does not take the lease of a leader that may still renew it', async () => {
    const [leases, clock] = [new FakeLeases(), new FakeClock()];
    const one = new Candidate(leases, clock, 'one');
    const other = new Candidate(leases, clock, 'other');
    await clock.advance(10_000);
    one.network.cut = true;
    await clock.advance(2 * timings.retryMs);
    other.clockSet = 3_600_000;
    await clock.advance(timings.retryMs);
    expect([one.leading, other.leading]).toEqual([true, false]);
  });

  test('the times in the lease are those of the calendar', async () => {
    const [leases, clock] = [new FakeLeases(), new FakeClock(Date.UTC(2026, 4, 1))];
    new Candidate(leases, clock, 'one');
    await clock.advance(1_000);
    expect(leases.lease?.spec).toMatchObject({
      acquireTime: '2026-05-01T00:00:00.000000Z',
      renewTime: '2026-05-01T00:00:00.000000Z',
    });
  });

  test('work that does not stop before the lease runs out is reported, so that the program exits', async () => {
    const [leases, clock] = [new FakeLeases(), new FakeClock()];
    const one = new Candidate(leases, clock, 'one', 60_000);
    await clock.advance(10_000);
    one.network.cut = true;
    await clock.advance(timings.leaseMs + timings.retryMs);
    expect(await one.ended).toBeInstanceOf(LeadershipLostError);
  });

  test('the holder that came back under the same identity need not wait for its own lease to run out', async () => {
    const [leases, clock] = [new FakeLeases(), new FakeClock()];
    const before = new Candidate(leases, clock, 'one');
    await clock.advance(10_000);
    before.network.cut = true;
    const after = new Candidate(leases, clock, 'one');
    await clock.advance(100);
    expect(after.leading).toBe(true);
  });

  test('work that ends by itself ends the election and frees the lease; its error is passed on', async () => {
    for (const error of [undefined, new Error('broken')]) {
      const [leases, clock] = [new FakeLeases(), new FakeClock()];
      const ended = runAsLeader(
        {
          client: leases.clientOf({ cut: false }),
          namespace: 'ns',
          name: 'lock',
          identity: 'one',
          log: silentLogger(),
          clock,
        },
        () => (error === undefined ? Promise.resolve() : Promise.reject(error)),
        new AbortController().signal,
      ).catch((thrown: unknown) => thrown);
      await clock.advance(1_000);
      expect(await ended).toBe(error);
      expect(leases.lease?.spec?.holderIdentity).toBe('');
    }
  });

  test('however networks are cut and clocks set, never two lead at once and in the end somebody does', async () => {
    const step = fc.oneof(
      fc.record({ do: fc.constantFrom('cut' as const, 'mend' as const), who: fc.nat(2) }),
      fc.record({ do: fc.constant('set' as const), who: fc.nat(2), to: fc.integer({ min: -100_000, max: 100_000 }) }),
      fc.record({ do: fc.constant('wait' as const), ms: fc.integer({ min: 100, max: 20_000 }) }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (steps) => {
        const [leases, clock] = [new FakeLeases(), new FakeClock()];
        const candidates = ['one', 'two', 'three'].map((name) => new Candidate(leases, clock, name, 3_000));
        const leaders = (): number => candidates.filter(({ leading }) => leading).length;
        for (const one of steps) {
          if (one.do === 'set') candidates[one.who]!.clockSet = one.to;
          else if (one.do !== 'wait') candidates[one.who]!.network.cut = one.do === 'cut';
          else {
            for (let left = one.ms; left > 0; left -= 1_000) {
              await clock.advance(Math.min(left, 1_000));
              expect(leaders()).toBeLessThanOrEqual(1);
            }
          }
        }
        for (const { network } of candidates) network.cut = false;
        await clock.advance(60_000);
        expect(leaders()).toBe(1);
      }),
      { numRuns: 40 },
    );
  });
});
