/** Tells the user what the stack is doing. A part is shown with the last thing that was said of it. */
export interface Progress {
  part(name: string, state: PartState, text: string): void;
  /** A line that stays. */
  line(text: string): void;
  /** No more changes: what is shown stays as it is. */
  end(): void;
}

export type PartState = 'working' | 'done' | 'failed';

/** Where progress is written to: standard output, or a collector in tests. */
export interface Screen {
  write(text: string): unknown;
  readonly isTTY?: boolean;
  readonly columns?: number;
}

/** Live lines on a terminal that can show them, plain lines elsewhere. */
export function createProgress(screen: Screen, environment: Readonly<Record<string, string | undefined>>): Progress {
  const live = screen.isTTY === true && environment['TERM'] !== 'dumb' && !environment['CI'];
  return live ? new LiveProgress(screen) : new PlainProgress(screen);
}

/** One line for each change, with the seconds since the start. */
export class PlainProgress implements Progress {
  readonly #screen: Screen;
  readonly #now: () => number;
  readonly #startedAt: number;
  readonly #last = new Map<string, string>();

  constructor(screen: Screen, now: () => number = Date.now) {
    this.#screen = screen;
    this.#now = now;
    this.#startedAt = now();
  }

  part(name: string, _state: PartState, text: string): void {
    const shown = `${name}: ${text}`;
    if (this.#last.get(name) === shown) return;
    this.#last.set(name, shown);
    const seconds = ((this.#now() - this.#startedAt) / 1000).toFixed(1);
    this.#screen.write(`[${seconds.padStart(5)} s] ${shown}\n`);
  }

  line(text: string): void {
    this.#screen.write(`${text}\n`);
  }

  end(): void {
    // Every line was final.
  }
}

const MARKS: Readonly<Record<PartState, string>> = {
  working: '\u001b[33m…\u001b[0m',
  done: '\u001b[32m✓\u001b[0m',
  failed: '\u001b[31m✗\u001b[0m',
};

/** A block of one line a part at the end of the screen, drawn again at each change; other lines scroll above it. */
export class LiveProgress implements Progress {
  readonly #screen: Screen;
  readonly #parts = new Map<string, { state: PartState; text: string }>();
  #drawn = 0;

  constructor(screen: Screen) {
    this.#screen = screen;
  }

  part(name: string, state: PartState, text: string): void {
    this.#parts.set(name, { state, text });
    this.#screen.write(this.#erase() + this.#block());
  }

  line(text: string): void {
    this.#screen.write(`${this.#erase()}${text}\n${this.#block()}`);
  }

  end(): void {
    this.#parts.clear();
    this.#drawn = 0;
  }

  #erase(): string {
    // Up to the first line of the block, then clear to the end of the screen.
    return this.#drawn === 0 ? '' : `\u001b[${this.#drawn}A\u001b[0J`;
  }

  #block(): string {
    this.#drawn = this.#parts.size;
    const width = Math.max(...[...this.#parts.keys()].map((name) => name.length), 0);
    const room = Math.max(20, (this.#screen.columns || 80) - width - 5);
    return [...this.#parts]
      .map(([name, { state, text }]) => `${MARKS[state]} ${name.padEnd(width)}  ${cut(text, room)}\n`)
      .join('');
  }
}

/** A line that wraps would be counted as one and erased as one. */
function cut(text: string, room: number): string {
  const line = text.replaceAll('\n', ' ');
  return line.length <= room ? line : `${line.slice(0, room - 1)}…`;
}
