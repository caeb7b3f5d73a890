import type { ProcessFiles } from './processes/process-files.ts';
import { SupervisedProcess } from './processes/supervised-process.ts';
import type { ProcessSpec } from './processes/supervised-process.ts';

export interface SupervisorListener {
  /** The processes that run now, in the order in which they were started. */
  readonly running: (processes: readonly { readonly name: string; readonly pid: number }[]) => void;
  readonly restarted: (name: string, reason: string) => void;
}

/** All processes of a stack: starts them, keeps them running, stops them in groups. */
export class Supervisor {
  readonly #files: ProcessFiles;
  readonly #listener: SupervisorListener;
  readonly #processes = new Map<string, SupervisedProcess<unknown>>();
  readonly #pids = new Map<string, number>();
  #stopping = false;

  constructor(files: ProcessFiles, listener: SupervisorListener) {
    this.#files = files;
    this.#listener = listener;
  }

  /** Starts a process and resolves when it is ready. Throws one sentence when it cannot be started. */
  async start<T>(spec: ProcessSpec<T>): Promise<T> {
    if (this.#stopping) throw new Error(`${spec.name} is not started: everything is being stopped`);
    const process = new SupervisedProcess(spec, {
      files: this.#files,
      changed: (name, pid) => {
        if (pid === undefined) this.#pids.delete(name);
        else this.#pids.set(name, pid);
        this.#listener.running([...this.#pids].map(([running, number]) => ({ name: running, pid: number })));
      },
      restarted: this.#listener.restarted,
    });
    this.#processes.set(spec.name, process);
    return process.start();
  }

  /** Stops the groups one after the other, the processes of a group together; last, whatever is in no group. */
  async stop(groups: readonly (readonly string[])[]): Promise<void> {
    this.#stopping = true;
    const named = new Set(groups.flat());
    const rest = [...this.#processes.keys()].filter((name) => !named.has(name));
    for (const group of [...groups, rest]) {
      const processes = group.map((name) => this.#processes.get(name)).filter((process) => process !== undefined);
      await Promise.all(processes.map((process) => process.stop()));
    }
  }
}
