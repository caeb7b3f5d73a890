import { describe, expect, test } from '@jest/globals';
import { Places } from '../../../../broker/worker/places.ts';
import type { Place } from '../../../../broker/worker/places.ts';

/** Takes a place and tells in `called` when its turn has come. */
function enter(
  places: Places,
  server: string,
  called: string[],
  name: string,
  signal = new AbortController().signal,
): Place {
  const place = places.take(server);
  void place.turn(signal).then((isTurn) => called.push(isTurn ? name : `${name} called off`));
  return place;
}

const settled = (): Promise<void> => new Promise(setImmediate);

describe('places at a server', () => {
  test('are given in the order of asking, no more than so many at once', async () => {
    const places = new Places(2);
    const called: string[] = [];
    const [first, second, third] = ['a', 'b', 'c', 'd'].map((name) => enter(places, 's', called, name));
    await settled();
    expect(called).toEqual(['a', 'b']);
    second!.leave();
    await settled();
    expect(called).toEqual(['a', 'b', 'c']);
    first!.leave();
    third!.leave();
    await settled();
    expect(called).toEqual(['a', 'b', 'c', 'd']);
  });

  test('are counted for each server, those that wait included', async () => {
    const places = new Places(1);
    const called: string[] = [];
    const taken = [enter(places, 's', called, 'a'), enter(places, 's', called, 'b'), enter(places, 't', called, 'c')];
    await settled();
    expect(called).toEqual(['a', 'c']);
    expect([places.taken('s'), places.taken('t'), places.taken('u')]).toEqual([2, 1, 0]);
    expect(places.busyServers).toEqual(['s', 't']);
    expect([places.isBusy('s'), places.isBusy('u')]).toEqual([true, false]);
    for (const place of taken) place.leave();
    expect(places.busyServers).toEqual([]);
  });

  test('are passed on by whoever leaves before its turn, and leaving twice counts once', async () => {
    const places = new Places(1);
    const called: string[] = [];
    const first = enter(places, 's', called, 'a');
    const second = enter(places, 's', called, 'b');
    enter(places, 's', called, 'c');
    second.leave();
    second.leave();
    expect(places.taken('s')).toBe(2);
    first.leave();
    await settled();
    expect(called).toEqual(['a', 'c']);
  });

  test('let nobody in beside those at work when one that waits is called off', async () => {
    const places = new Places(1);
    const called: string[] = [];
    const first = enter(places, 's', called, 'a');
    const hurry = new AbortController();
    const second = enter(places, 's', called, 'b', hurry.signal);
    enter(places, 's', called, 'c');
    hurry.abort();
    await settled();
    expect(called).toEqual(['a', 'b called off']);
    second.leave();
    await settled();
    expect(called).toEqual(['a', 'b called off']);
    first.leave();
    await settled();
    expect(called).toEqual(['a', 'b called off', 'c']);
  });

  test('that were taken and never asked for a turn hold nobody up', async () => {
    const places = new Places(1);
    const called: string[] = [];
    const reserved = places.take('s');
    enter(places, 's', called, 'a');
    await settled();
    expect(called).toEqual(['a']);
    expect(places.taken('s')).toBe(2);
    reserved.leave();
    expect(places.taken('s')).toBe(1);
  });
});
