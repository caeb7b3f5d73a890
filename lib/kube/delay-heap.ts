/** Keys that become due, the earliest first. A key that is put in again moves. */
export class DelayHeap {
  /** A binary heap by time. Entries that are no longer what `#due` says are left-overs, skipped when they surface. */
  readonly #heap: { readonly key: string; readonly at: number }[] = [];
  readonly #due = new Map<string, number>();

  get size(): number {
    return this.#due.size;
  }

  /** When the key is due, or undefined. */
  timeOf(key: string): number | undefined {
    return this.#due.get(key);
  }

  set(key: string, at: number): void {
    this.#due.set(key, at);
    let child = this.#heap.push({ key, at }) - 1;
    while (child > 0) {
      const parent = (child - 1) >> 1;
      if (this.#at(parent) <= this.#at(child)) return;
      this.#swap(parent, child);
      child = parent;
    }
  }

  delete(key: string): void {
    this.#due.delete(key);
    if (this.#due.size === 0) this.#heap.length = 0;
  }

  /** The time of the earliest key, or undefined when there is none. */
  earliest(): number | undefined {
    this.#skipLeftOvers();
    return this.#heap[0]?.at;
  }

  /** Takes out the earliest key if it is due at `now`. */
  takeDue(now: number): string | undefined {
    this.#skipLeftOvers();
    const first = this.#heap[0];
    if (first === undefined || first.at > now) return undefined;
    this.#pop();
    this.delete(first.key);
    return first.key;
  }

  #skipLeftOvers(): void {
    for (let first = this.#heap[0]; first !== undefined; first = this.#heap[0]) {
      if (this.#due.get(first.key) === first.at) return;
      this.#pop();
    }
  }

  #pop(): void {
    const last = this.#heap.pop();
    if (last === undefined || this.#heap.length === 0) return;
    this.#heap[0] = last;
    let parent = 0;
    for (;;) {
      const left = 2 * parent + 1;
      const smaller = this.#at(left + 1) < this.#at(left) ? left + 1 : left;
      if (this.#at(parent) <= this.#at(smaller)) return;
      this.#swap(parent, smaller);
      parent = smaller;
    }
  }

  #at(index: number): number {
    return this.#heap[index]?.at ?? Infinity;
  }

  #swap(one: number, other: number): void {
    const [a, b] = [this.#heap[one], this.#heap[other]];
    if (a === undefined || b === undefined) return;
    this.#heap[one] = b;
    this.#heap[other] = a;
  }
}
