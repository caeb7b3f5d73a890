import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { access, copyFile, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { waitUntil } from '../../../local/processes/wait-until.ts';

/** In the place of npm, whose programs take minutes: `HANG` is what goes on until it is told to end. */
const NPM = `#!/usr/bin/env bash
if [[ " $* " == *" $HANG "* ]]; then
  trap 'echo ended >"$STATE/ended"; exit 143' TERM
  echo started >"$STATE/started"
  while :; do sleep 0.05; done
fi
if [[ $1 == start ]]; then
  trap 'exit 0' TERM
  if [[ -n $LEFT ]]; then
    bash -c 'sleep 60; :' controller --kubeconfig "$SERVICE_CATALOG_HOME/controller.kubeconfig" >/dev/null 2>&1 &
    echo $! >"$STATE/left"
  fi
  echo ready
  while :; do sleep 0.05; done
fi
echo '3 passed, 0 failed'
`;

describe('.ci/run', () => {
  let folder: string;
  let script: ChildProcess | undefined;
  let output: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'service-catalog-ci-test-'));
    for (const name of ['.ci', 'bin', 'state', 'tmp']) await mkdir(join(folder, name));
    await copyFile(join(import.meta.dirname, '../../../.ci/run'), join(folder, '.ci', 'run'));
    await writeFile(join(folder, 'bin', 'npm'), NPM, { mode: 0o755 });
    output = '';
  });
  afterEach(async () => {
    if (script?.exitCode === null) script.kill('SIGKILL');
    await rm(folder, { recursive: true, force: true });
  });

  function start(variables: Readonly<Record<string, string>>): ChildProcess {
    const child = spawn('bash', [join(folder, '.ci', 'run')], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        ...{ HANG: 'nothing', LEFT: '', STATE: join(folder, 'state'), TMPDIR: join(folder, 'tmp') },
        ...{ ...variables, PATH: `${join(folder, 'bin')}:${process.env['PATH'] ?? ''}` },
      },
    });
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (chunk: string) => (output += chunk));
    }
    script = child;
    return child;
  }

  const isThere = (name: string): Promise<true | undefined> =>
    access(join(folder, 'state', name)).then(
      () => true as const,
      () => undefined,
    );

  test.each([
    ['a part', 'check'],
    ['the stack', 'start'],
  ])('told to end while %s runs, ends that first and then its folder', async (_, running) => {
    const child = start({ HANG: running });
    await waitUntil(() => isThere('started'), { what: `the start of ${running}`, timeoutMs: 20_000 });
    child.kill('SIGTERM');
    const [code] = (await once(child, 'close')) as [number];
    expect(code).toBe(143);
    expect(await isThere('ended')).toBe(true);
    expect(await readdir(join(folder, 'tmp'))).toEqual([]);
  });

  test('finds what the stack left behind by any file of its folder, and adds the numbers up', async () => {
    const [code] = (await once(start({ LEFT: 'yes' }), 'close')) as [number];
    const left = Number(await readFile(join(folder, 'state', 'left'), 'utf8'));
    process.kill(left, 'SIGKILL');
    expect(output).toMatch(new RegExp(`^FAILED: npm start as .* left processes behind:.* ${left} `, 'm'));
    // Checks, tests and four legs.
    expect(output).toMatch(/^(?:18|19|2\d) passed, \d+ failed\n$/m);
    expect(code).toBe(1);
  }, 60_000);
});
