import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { startTestApiServer } from '../../support/api-server.ts';
import type { TestApiServer } from '../../support/api-server.ts';
import { describeWithKubectl } from '../../support/kubectl.ts';
import type { Exchange, Recording } from '../../support/recording.ts';
import { Placeholders } from '../../support/recording.ts';
import { bodyValue, startRecordingProxy } from '../../support/recording-proxy.ts';
import type { RawExchange, RecordingProxy } from '../../support/recording-proxy.ts';
import { run } from '../../support/run.ts';
import type { Ended } from '../../support/run.ts';
import { SCENARIOS } from './kubectl-scenarios.ts';
import type { Scenario, Step } from './kubectl-scenarios.ts';

const RECORDINGS = join(import.meta.dirname, '../../recordings');

/**
 * The real kubectl against this server, as users have it. With `RECORD_KUBECTL=1` what it sends and is answered is
 * written to test/recordings/, where recordings.test.ts replays it on machines that have no kubectl.
 */
for (const scenario of SCENARIOS) {
  describeWithKubectl(`kubectl: ${scenario.name}`, () => {
    testScenario(scenario);
  });
}

function testScenario({ name, steps }: Scenario): void {
  let folder: string;
  let server: TestApiServer;
  let proxy: RecordingProxy;
  const commands: { command: string; exchanges: Exchange[] }[] = [];
  const placeholders = new Placeholders();

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'kubectl-test-'));
    server = await startTestApiServer();
    proxy = await startRecordingProxy(server);
  });

  afterAll(async () => {
    await proxy.stop();
    await server.stop();
    await rm(folder, { recursive: true });
    if (process.env['RECORD_KUBECTL'] === '1') await writeRecording();
  });

  test.each(steps.map((step) => ({ ...step, command: `kubectl ${step.args.join(' ')}` })))('$command', async (step) => {
    const ended = await kubectl(step);
    commands.push({ command: step.command, exchanges: proxy.take().map((raw) => distil(raw, placeholders)) });
    if (step.fails !== undefined) {
      expect(ended.code).not.toBe(0);
      expect(ended.stderr + ended.stdout).toMatch(step.fails);
      return;
    }
    expect(ended.code === 0 ? '' : ended.stderr).toBe('');
    for (const text of step.prints ?? []) expect(ended.stdout).toMatch(text);
  });

  async function kubectl(step: Step): Promise<Ended> {
    const editor = join(folder, 'editor');
    // An editor that changes nothing makes kubectl give up, so a script that fails cannot loop.
    await writeFile(editor, `#!/bin/sh\n${step.editor ?? 'exit 1'}\n`);
    await chmod(editor, 0o700);
    const env = { ...process.env, KUBECONFIG: '/dev/null', KUBECACHEDIR: join(folder, 'cache'), KUBE_EDITOR: editor };
    return run('kubectl', ['--server', proxy.url, ...step.args], {
      env,
      timeoutMs: 20_000,
      ...(step.input === undefined ? {} : { input: step.input }),
    });
  }

  async function writeRecording(): Promise<void> {
    const { stdout } = await run('kubectl', ['version', '--client', '-o', 'json']);
    const { clientVersion } = JSON.parse(stdout) as { clientVersion: { gitVersion: string } };
    const recording: Recording = { kubectl: clientVersion.gitVersion, scenario: name, commands };
    await writeFile(join(RECORDINGS, `${name}.json`), `${JSON.stringify(recording, undefined, 1)}\n`);
  }
}

describe('the recordings', () => {
  test('have every command of the scenarios', async () => {
    for (const { name, steps } of SCENARIOS) {
      const recording = JSON.parse(await readFile(join(RECORDINGS, `${name}.json`), 'utf8')) as Recording;
      expect(recording.commands.map(({ command }) => command)).toEqual(
        steps.map(({ args }) => `kubectl ${args.join(' ')}`),
      );
    }
  });
});

/** An exchange as it is kept. */
function distil(raw: RawExchange, placeholders: Placeholders): Exchange {
  const path = placeholders.inText(raw.path);
  const { method, status, accept, contentType, impersonates } = raw;
  return {
    method,
    path,
    ...(accept === undefined ? {} : { accept }),
    ...(contentType === undefined ? {} : { contentType }),
    ...(impersonates === undefined ? {} : { impersonates }),
    ...(raw.body.length === 0 ? {} : { body: placeholders.inRequest(bodyValue(raw.body)) }),
    status,
    ...answerOf(raw, placeholders),
  };
}

function answerOf(raw: RawExchange, placeholders: Placeholders): Pick<Exchange, 'answer'> {
  // Discovery and OpenAPI are checked as a whole by tests of their own.
  if (/^\/(api|apis|openapi|version)(\?|$|\/v[23])/u.test(raw.path)) return {};
  if (!raw.path.includes('watch=true')) return { answer: placeholders.inAnswer(bodyValue(raw.answer)) };
  const last = raw.answer.toString('utf8').trim().split('\n').at(-1) ?? '';
  return last === '' ? {} : { answer: placeholders.inAnswer(bodyValue(Buffer.from(last))) };
}
