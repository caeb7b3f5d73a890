import { describeUnless } from './describe-unless.ts';
import type { Ended } from './run.ts';
import { run } from './run.ts';

/** The real kubectl against one API server. */
export class Kubectl {
  readonly #kubeconfig: string;

  constructor(kubeconfig: string) {
    this.#kubeconfig = kubeconfig;
  }

  /** Runs kubectl, however it ends. A home of its own keeps one server's cached discovery from another's. */
  async try(args: readonly string[], input?: string): Promise<Ended> {
    return this.#start(args, input === undefined ? {} : { input });
  }

  /** Runs kubectl, which would go on for ever, until its standard output matches; what it has printed. */
  async until(pattern: RegExp, args: readonly string[]): Promise<string> {
    return (await this.#start(args, { until: pattern })).stdout;
  }

  /** Runs kubectl and expects it to succeed; its standard output. */
  async run(args: readonly string[], input?: string): Promise<string> {
    const ended = await this.try(args, input);
    if (ended.code !== 0) throw new Error(`kubectl ${args.join(' ')} ended with ${ended.code}: ${ended.stderr}`);
    return ended.stdout;
  }

  async json<T>(args: readonly string[]): Promise<T> {
    return JSON.parse(await this.run([...args, '-o', 'json'])) as T;
  }

  /** Applies YAML or JSON. */
  apply(manifest: string): Promise<string> {
    return this.run(['apply', '-f', '-'], manifest);
  }

  #start(args: readonly string[], options: { input?: string; until?: RegExp }): Promise<Ended> {
    const env = { ...process.env, KUBECACHEDIR: `${this.#kubeconfig}.cache` };
    return run('kubectl', ['--kubeconfig', this.#kubeconfig, ...args], { env, ...options });
  }
}

/** `describe` for tests that need kubectl, where there is one. */
export function describeWithKubectl(name: string, tests: () => void): void {
  describeUnless(process.env['SC_NO_KUBECTL'], name, tests);
}
