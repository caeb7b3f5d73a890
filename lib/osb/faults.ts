/** One thing that is wrong with a message, and where. Never carries the value itself, which may be a credential. */
export interface Fault {
  /** Such as `services[0].plans[2].name`; empty for the message as a whole. */
  readonly path: string;
  /** Follows the path in a sentence: `must be a string`. */
  readonly message: string;
}

/** The typed message, or everything that is wrong with it. */
export type Validated<T> =
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly faults: readonly Fault[] };

/** No message is worth more faults than these; a hostile one must not make us build a list of millions. */
const MAX_FAULTS = 100;

/** Collects faults while a message is walked through. */
export class FaultList {
  readonly #faults: Fault[] = [];

  add(path: string, message: string): void {
    if (this.#faults.length < MAX_FAULTS) this.#faults.push({ path, message });
  }

  get empty(): boolean {
    return this.#faults.length === 0;
  }

  get all(): readonly Fault[] {
    return this.#faults;
  }
}

/** The path of a member of what is at `path`. */
export function memberPath(path: string, name: string): string {
  return path === '' ? name : `${path}.${name}`;
}

/** Faults as one line for an error's description; past the first `atMost` only their number is given. */
export function formatFaults(faults: readonly Fault[], atMost = 10): string {
  const shown = faults.slice(0, atMost).map(({ path, message }) => (path === '' ? message : `${path} ${message}`));
  const more = faults.length - shown.length;
  return shown.join('; ') + (more > 0 ? `; and ${more} more` : '');
}
