import { setTimeout as sleep } from 'node:timers/promises';

const ANSWER_MS = 30_000;

/** The debugger's side of a Node process that was started with `--inspect`: it can be told to collect its garbage. */
export class Inspector {
  readonly #socket: WebSocket;
  readonly #answers = new Map<number, (result: unknown) => void>();
  #last = 0;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.addEventListener('message', ({ data }) => {
      const { id, result } = JSON.parse(String(data)) as { id?: number; result?: unknown };
      if (id === undefined) return;
      this.#answers.get(id)?.(result);
      this.#answers.delete(id);
    });
  }

  static async connect(port: number): Promise<Inspector> {
    const answer = await fetch(`http://127.0.0.1:${port}/json/list`, { signal: AbortSignal.timeout(ANSWER_MS) });
    const [target] = (await answer.json()) as { webSocketDebuggerUrl: string }[];
    if (target === undefined) throw new Error(`nothing can be inspected on port ${port}`);
    const socket = new WebSocket(target.webSocketDebuggerUrl);
    await new Promise<void>((resolve, reject) => {
      socket.addEventListener('open', () => {
        resolve();
      });
      socket.addEventListener('error', () => {
        reject(new Error(`the inspector on port ${port} cannot be reached`));
      });
    });
    return new Inspector(socket);
  }

  /** Bytes of the heap that are in use when all garbage has been collected. */
  async heapAfterCollection(): Promise<number> {
    await this.#call('HeapProfiler.collectGarbage');
    const { usedSize } = (await this.#call('Runtime.getHeapUsage')) as { usedSize: number };
    return usedSize;
  }

  close(): void {
    this.#socket.close();
  }

  async #call(method: string): Promise<unknown> {
    const id = (this.#last += 1);
    const timer = new AbortController();
    const answered = new Promise((resolve) => this.#answers.set(id, resolve));
    const late = sleep(ANSWER_MS, undefined, { signal: timer.signal, ref: false }).then(() => {
      throw new Error(`the process did not answer to ${method}`);
    });
    late.catch(() => undefined);
    this.#socket.send(JSON.stringify({ id, method }));
    return Promise.race([answered, late]).finally(() => {
      timer.abort();
    });
  }
}
