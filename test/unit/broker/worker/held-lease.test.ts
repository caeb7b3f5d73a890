import { expect, test } from '@jest/globals';
import { HeldLease, LeaseLostError, SupersededError } from '../../../../broker/worker/held-lease.ts';
import { WORKER_TIMINGS } from '../../../../broker/worker/timings.ts';

test('a lease is believed in until its time is up, and longer after each heartbeat', () => {
  let now = 0;
  const lease = new HeldLease('id', 1, 100, () => now);
  now = 99;
  expect(() => lease.check()).not.toThrow();
  lease.extend(200, true);
  now = 199;
  expect(() => lease.check()).not.toThrow();
  now = 200;
  expect(lease.isLost).toBe(true);
  expect(() => lease.check()).toThrow(LeaseLostError);
});

test('a heartbeat that is answered too late does not bring a lease back', () => {
  let now = 0;
  const lease = new HeldLease('id', 1, 100, () => now);
  now = 100;
  lease.extend(200, true);
  expect(() => lease.check()).toThrow(LeaseLostError);
});

test('nothing more is done under a lease that was lost, or for an operation nobody wants any more', () => {
  const lost = new HeldLease('id', 1, 100, () => 0);
  expect(lost.isLost).toBe(false);
  lost.lose();
  expect(lost.isLost).toBe(true);
  expect(() => lost.check()).toThrow(LeaseLostError);
  const unwanted = new HeldLease('id', 1, 100, () => 0);
  unwanted.extend(100, false);
  expect(() => unwanted.check()).toThrow(SupersededError);
  expect(unwanted.unwantedSince).toBe(0);
});

test('a dead worker is replaced within ten seconds, and a live one survives lost heartbeats', () => {
  const { leaseMs, heartbeatMs, marginMs, pollMs } = WORKER_TIMINGS;
  expect(leaseMs + pollMs).toBeLessThan(10_000);
  expect(2 * heartbeatMs).toBeLessThan(leaseMs - marginMs);
});
