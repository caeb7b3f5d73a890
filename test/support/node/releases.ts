import { join } from 'node:path';
import { run } from '../../../local/processes/command.ts';
import { provideHelm } from '../tools/helm.ts';

const CHARTS = join(import.meta.dirname, '../../../charts');

/** For the longest that helm waits: pods of a loaded machine take their time. */
const TIMEOUT = '150s';
const TIMEOUT_MS = 200_000;

/** Releases of this checkout's charts in one namespace, through the real helm. */
export class Releases {
  readonly #kubeconfig: string;
  readonly #namespace: string;

  constructor(kubeconfig: string, namespace: string) {
    this.#kubeconfig = kubeconfig;
    this.#namespace = namespace;
  }

  /**
   * Installs the chart under its own name, or upgrades it, and waits until all its pods are ready. `values` are those of
   * a values file of the chart's (`evaluation.yaml`) with others laid over it.
   */
  async install(chart: string, values: object, file?: string): Promise<void> {
    const folder = join(CHARTS, chart);
    const flags = ['--create-namespace', '--wait', '--timeout', TIMEOUT];
    const files = [...(file === undefined ? [] : ['--values', join(folder, file)]), '--values', '-'];
    await this.#helm(['upgrade', '--install', chart, folder, ...flags, ...files], JSON.stringify(values));
  }

  /** Goes back to a revision, the one before the last when there is none, and waits until all its pods are ready. */
  async rollBack(release: string, revision = 0): Promise<void> {
    await this.#helm(['rollback', release, String(revision), '--wait', '--timeout', TIMEOUT]);
  }

  /** Uninstalls and waits until what is not kept is gone. */
  async uninstall(release: string): Promise<void> {
    await this.#helm(['uninstall', release, '--wait', '--timeout', TIMEOUT]);
  }

  async #helm(args: readonly string[], input = ''): Promise<void> {
    const file = await provideHelm();
    const where = ['--kubeconfig', this.#kubeconfig, '--namespace', this.#namespace];
    await run({ file, args: [...args, ...where] }, { timeoutMs: TIMEOUT_MS, input });
  }
}
