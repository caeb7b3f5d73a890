/**
 * Runs a command, `npm run test:node`'s Jest, as the only one on a machine of its own: namespaces and control groups
 * in which a node can run without touching this machine (enter.sh, machine.sh). Everything that comes from a network is
 * fetched before. Whatever happens to this process, what it started ends with it.
 *
 * Where that is not possible the command runs here, and `SC_TEST_NODE_UNAVAILABLE` says why to its tests.
 */
import { spawn } from 'node:child_process';
import { basename, join } from 'node:path';
import { constants } from 'node:os';
import { toError } from '../../../lib/runtime/errors.ts';
import { lastLines, run } from '../../../local/processes/command.ts';
import { identify } from '../../../local/processes/identity.ts';
import { requireKubectl } from '../ensure-kubectl.ts';
import { SERVICE_RANGE } from '../kubernetes/commands.ts';
import { createRunFolder, rememberProcesses, removeRunFolder } from '../test-run-folder.ts';
import { provideHelm } from '../tools/helm.ts';
import { provideImage } from '../tools/image.ts';
import { NODE_ADDRESS } from './addresses.ts';
import { createCgroups, removeCgroups, removeEmptyCgroups } from './cgroups.ts';
import { provideNodeImages } from './images/provide.ts';
import { provideNodePackages, provideNodePrograms } from './programs.ts';
import type { NodeSetup } from './setup.ts';
import { isRefusal, PROBE, whyNoNode } from './requirements.ts';

const [separator, ...command] = process.argv.slice(2);
if (separator !== '--' || command.length === 0) throw new Error('usage: enter.ts -- COMMAND [ARGUMENT...]');
process.exitCode = await main(command);

async function main(wanted: readonly string[]): Promise<number> {
  const unavailable = await whyNoNode();
  if (unavailable !== undefined) return runHere(wanted, unavailable);
  const say = (message: string): void => {
    console.error(`node: ${message}`);
  };
  await requireKubectl();
  const usr = await provideNodePackages({ say });
  const folder = await createRunFolder();
  try {
    const why = await tryOut(folder, usr);
    if (why !== undefined) return await runHere(wanted, why);
    const programs = await provideNodePrograms({ say });
    const helm = await provideHelm({ say });
    const image = await provideImage({ say });
    const images = [image.tar, ...(await provideNodeImages(programs, { say }))];
    const setup: NodeSetup = { folder, images, image: image.reference };
    return await onMachineOfItsOwn(folder, usr, wanted, { SC_TEST_NODE: JSON.stringify(setup), SC_TEST_HELM: helm });
  } finally {
    await removeRunFolder(folder);
  }
}

/**
 * Why this machine does not let a node's machine be made, found out by making one; undefined when it does. Throws when
 * that goes wrong for another reason.
 */
async function tryOut(folder: string, usr: string): Promise<string | undefined> {
  try {
    await removeEmptyCgroups();
    const cgroups = await createCgroups(`${basename(folder)}-probe`);
    try {
      const { file, args } = enter(cgroups, join(folder, 'probe'), usr, PROBE);
      await run({ file, args });
    } finally {
      await removeCgroups(cgroups);
    }
  } catch (thrown) {
    const { message } = toError(thrown);
    if (!isRefusal(message)) throw thrown;
    return `this machine does not allow what a node needs: ${lastLines(message, 2)}`;
  }
  return undefined;
}

async function onMachineOfItsOwn(
  folder: string,
  usr: string,
  wanted: readonly string[],
  environment: Readonly<Record<string, string>>,
): Promise<number> {
  const cgroups = await createCgroups(basename(folder));
  try {
    const { file, args } = enter(cgroups, folder, usr, wanted);
    return await inForeground(file, args, environment, (pid) => remember(folder, pid));
  } finally {
    await removeCgroups(cgroups);
  }
}

/** The kernel kills it when this process ends, however that goes; with it goes all it has started. */
function enter(
  cgroups: readonly string[],
  folder: string,
  usr: string,
  wanted: readonly string[],
): { file: string; args: string[] } {
  const script = join(import.meta.dirname, 'enter.sh');
  const machine = [folder, usr, NODE_ADDRESS, SERVICE_RANGE, ...wanted];
  return { file: 'setpriv', args: ['--pdeathsig', 'KILL', 'sh', script, ...cgroups, '--', ...machine] };
}

async function remember(folder: string, pid: number): Promise<void> {
  const identity = await identify(pid);
  if (identity) await rememberProcesses(folder, [{ ...identity, stopSignal: 'SIGKILL' }]);
}

function runHere(wanted: readonly string[], unavailable: string): Promise<number> {
  console.error(`\nNOT RUN: every test on a node: ${unavailable}\n`);
  const [file = '', ...args] = wanted;
  return inForeground(file, args, { SC_TEST_NODE_UNAVAILABLE: unavailable });
}

/** Runs a command with this process's terminal; a signal to end ends it at once. */
function inForeground(
  file: string,
  args: readonly string[],
  environment: Readonly<Record<string, string>>,
  started: (pid: number) => Promise<void> = () => Promise.resolve(),
): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, { stdio: 'inherit', env: { ...process.env, ...environment } });
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => child.kill('SIGKILL'));
    child.once('error', reject);
    child.once('exit', (code, signal) => {
      resolve(code ?? 128 + constants.signals[signal ?? 'SIGKILL']);
    });
    if (child.pid !== undefined) started(child.pid).catch(reject);
  });
}
