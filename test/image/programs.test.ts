import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { describeWithImage } from '../support/container/describe-with-image.ts';
import { unpackImage } from '../support/container/image-root.ts';
import type { UnpackedImage } from '../support/container/image-root.ts';
import { Runc } from '../support/container/runc.ts';
import type { Container } from '../support/container/runc.ts';

const EARLY_SIGNAL = `
  import { endOnSignalsAsFirstProcess } from '/app/bin/first-process.js';
  endOnSignalsAsFirstProcess();
  setInterval(() => {}, 60_000);
  console.log('here, number ' + process.pid);`;

describeWithImage('the programs in the image, as its user on a read-only root', () => {
  let folder: string;
  let image: UnpackedImage;
  let runc: Runc;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'service-catalog-image-'));
    image = await unpackImage(folder);
    runc = await Runc.create(folder);
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  function start(args: readonly string[]): Promise<Container> {
    return runc.start({
      root: image.root,
      args,
      env: image.config.Env,
      workingDirectory: image.config.WorkingDir,
      user: { uid: 65_532, gid: 65_532 },
    });
  }

  async function run(...args: readonly string[]): Promise<{ readonly code: number; readonly output: string }> {
    const container = await start([...image.config.Entrypoint, ...args]);
    const code = await container.exited;
    await container.remove();
    return { code, output: container.output() };
  }

  test.each([
    ['broker', '--config'],
    ['controller', '--kubeconfig'],
    ['webhook', '--tls-cert-file'],
    ['apiserver', '--data-dir'],
    ['svcat', 'doctor'],
  ])('%s --help lists its flags', async (program, flag) => {
    expect(await run(program, '--help')).toEqual({ code: 0, output: expect.stringContaining(flag) });
  });

  test('svcat and the launcher say the version of the image', async () => {
    const version = image.reference.split(':').at(-1) ?? '';
    expect(await run('--version')).toEqual({ code: 0, output: `${version}\n` });
    expect(await run('svcat', '--version')).toEqual({ code: 0, output: expect.stringContaining(version) });
  });

  test('an unknown program is one sentence and exit code 2', async () => {
    expect(await run('brokr')).toEqual({
      code: 2,
      output:
        'service-catalog: there is no program "brokr"; it must be one of broker, controller, webhook, apiserver, svcat\n',
    });
  });

  test.each([
    ['TERM', 143],
    ['INT', 130],
  ] as const)('SIG%s ends the first process also before a program listens for it', async (signal, code) => {
    const container = await start(['node', '--input-type=module', '--eval', EARLY_SIGNAL]);
    try {
      while (!container.output().includes('\n')) await sleep(20);
      expect(container.output()).toBe('here, number 1\n');
      await container.kill(signal);
      expect(await container.exited).toBe(code);
    } finally {
      await container.remove();
    }
  });
});
