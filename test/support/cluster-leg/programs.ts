import { join } from 'node:path';
import { waitForHttp } from '../../../local/processes/http-ready.ts';
import type { ProcessSpec } from '../../../local/processes/supervised-process.ts';

const ROOT = join(import.meta.dirname, '../../..');
const READY_MS = 60_000;

export interface ProgramOptions {
  readonly name: string;
  readonly folder: string;
  /** Of this checkout: `catalog-controller/main.ts`. */
  readonly main: string;
  readonly args: readonly string[];
  readonly readyUrl: string;
}

/** A program of this checkout under this Node, as a pod would run it. */
export function program({ name, folder, main, args, readyUrl }: ProgramOptions): ProcessSpec<void> {
  const flags = ['--disable-warning=ExperimentalWarning', join(ROOT, main), ...args];
  return processSpec(name, folder, process.execPath, flags, readyUrl);
}

/** `kubectl proxy`: plain HTTP on loopback, with the credentials of the kubeconfig behind it. */
export function kubectlProxy(folder: string, kubeconfig: string, port: number): ProcessSpec<void> {
  const args = ['--kubeconfig', kubeconfig, 'proxy', '--address=127.0.0.1', `--port=${port}`];
  return processSpec('kubectl-proxy', folder, 'kubectl', args, `http://127.0.0.1:${port}/readyz`);
}

function processSpec(
  name: string,
  folder: string,
  file: string,
  args: readonly string[],
  readyUrl: string,
): ProcessSpec<void> {
  return {
    name,
    // On Linux the system ends it when this process is gone, however that went.
    command:
      process.platform === 'linux' ? { file: 'setpriv', args: ['--pdeathsig', 'KILL', file, ...args] } : { file, args },
    logFile: join(folder, 'logs', `${name}.log`),
    stopSignal: 'SIGTERM',
    ready: (signal) => waitForHttp({ url: readyUrl, what: name, timeoutMs: READY_MS, signal }),
  };
}
