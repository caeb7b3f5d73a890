import { expect, test } from '@jest/globals';
import { createKeyedMutex } from '../../../../broker/engine/keyed-mutex.ts';

const LONG = 10_000;

/** Work that runs until told to end. */
function openEnded() {
  let end = (): void => undefined;
  const ended = new Promise<void>((resolve) => {
    end = resolve;
  });
  return { work: () => ended, end };
}

test('work on one key runs one after the other, in the order of asking', async () => {
  const mutex = createKeyedMutex();
  const log: string[] = [];
  await Promise.all(
    ['a', 'b', 'c'].map((name) =>
      mutex.run('key', LONG, async () => {
        log.push(`${name} begins`);
        await Promise.resolve();
        log.push(`${name} ends`);
      }),
    ),
  );
  expect(log).toEqual(['a begins', 'a ends', 'b begins', 'b ends', 'c begins', 'c ends']);
});

test('another key is not held up', async () => {
  const mutex = createKeyedMutex();
  const first = openEnded();
  const running = mutex.run('key', LONG, first.work);
  expect(await mutex.run('other', LONG, async () => 'done')).toBe('done');
  first.end();
  await running;
});

test('a failure frees the key and reaches only its own caller', async () => {
  const mutex = createKeyedMutex();
  const failing = mutex.run('key', LONG, async () => {
    throw new Error('mine');
  });
  const next = mutex.run('key', LONG, async () => 'done');
  await expect(failing).rejects.toThrow('mine');
  expect(await next).toBe('done');
});

test('whoever gives up waiting never runs, and does not let the next one overtake the holder', async () => {
  const mutex = createKeyedMutex();
  const holder = openEnded();
  const log: string[] = [];
  const holding = mutex.run('key', LONG, holder.work).then(() => log.push('holder'));
  const impatient = mutex.run('key', 1, async () => log.push('impatient'));
  const next = mutex.run('key', LONG, async () => log.push('next'));
  await expect(impatient).rejects.toMatchObject({ name: 'EngineError', disposition: 'retry' });
  expect(log).toEqual([]);
  holder.end();
  await Promise.all([holding, next]);
  expect(log).toEqual(['holder', 'next']);
});
