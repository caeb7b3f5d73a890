import type { KubeObject } from '../../../../lib/kube/objects.ts';

/**
 * The objects of one kind as an API server has them, and as a process sees them: late, but never later than its own
 * last write.
 */
export class Versions<T extends KubeObject> {
  readonly #histories = new Map<string, { versions: (T | undefined)[]; floor: number }>();

  /** As it is. */
  current(name: string): T | undefined {
    return this.#histories.get(name)?.versions.at(-1);
  }

  /** As a process sees it whose cache is `lag` changes behind. */
  seen(name: string, lag: number): T | undefined {
    const history = this.#histories.get(name);
    if (history === undefined) return undefined;
    return history.versions[Math.max(history.floor, history.versions.length - 1 - lag)];
  }

  write(name: string, object: T | undefined, byController: boolean): void {
    let history = this.#histories.get(name);
    if (history === undefined) {
      history = { versions: [undefined], floor: 0 };
      this.#histories.set(name, history);
    }
    history.versions.push(object);
    if (byController) history.floor = history.versions.length - 1;
  }

  /** A new process begins by listing everything. */
  restart(): void {
    for (const history of this.#histories.values()) history.floor = history.versions.length - 1;
  }

  names(): string[] {
    return [...this.#histories.keys()].filter((name) => this.current(name) !== undefined);
  }
}
