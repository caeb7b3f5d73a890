import { keyOf } from './objects.ts';
import type { KubeObject } from './objects.ts';
import { compareResourceVersions } from './resource-version.ts';

/** What happened to an object, as its watchers are told. `previous` is the state they were told before. */
export type Change<T> =
  | { readonly type: 'added'; readonly key: string; readonly object: T }
  | { readonly type: 'updated'; readonly key: string; readonly object: T; readonly previous: T }
  | { readonly type: 'deleted'; readonly key: string; readonly object: T };

/** Under which values of an index an object is found. */
export type IndexFunction<T> = (object: T) => readonly string[];

/** One object as the cache holds it. */
interface Entry<T> {
  readonly object: T;
  /** What the watchers were last told; undefined when only this process knows the object yet. */
  readonly told: T | undefined;
  /** The number of the own write that brought the object; undefined when the server's stream or list did. */
  readonly write: number | undefined;
}

const NONE: ReadonlySet<string> = new Set();

/**
 * The objects of one resource as the server last told them, by key and by index.
 *
 * An object is in one of two states. *Told*: it came from the server's list or stream. *Own*: this process wrote it and
 * the stream has not caught up; then news about the object that are older than the write are not believed, and `told`
 * is still what came before. The stream reaching the write, or a list that was begun after it, makes it told again.
 */
export class ObjectCache<T extends KubeObject> {
  readonly #entries = new Map<string, Entry<T>>();
  readonly #indexes = new Map<string, { readonly values: IndexFunction<T>; readonly keys: Map<string, Set<string>> }>();
  /** The stream has told everything up to here. */
  #toldUntil = '';
  #writes = 0;

  constructor(indexes: Readonly<Record<string, IndexFunction<T>>>) {
    for (const [name, values] of Object.entries(indexes)) this.#indexes.set(name, { values, keys: new Map() });
  }

  get size(): number {
    return this.#entries.size;
  }

  get(key: string): T | undefined {
    return this.#entries.get(key)?.object;
  }

  list(): T[] {
    return [...this.#entries.values()].map((entry) => entry.object);
  }

  /** The objects that have `value` in the index. Throws for an index that was not declared. */
  byIndex(name: string, value: string): T[] {
    const found: T[] = [];
    for (const key of this.#keysBy(name, value)) {
      const object = this.get(key);
      if (object !== undefined) found.push(object);
    }
    return found;
  }

  countByIndex(name: string, value: string): number {
    return this.#keysBy(name, value).size;
  }

  /** A mark to hand to {@link replace}, taken before the list is asked for. */
  get writes(): number {
    return this.#writes;
  }

  /**
   * Takes the server's list for the truth. Only own writes made after `mark` that are later than the list outlive it:
   * a list shows every write that was answered before it began. (So a server that was set back to an older state, with
   * smaller resource versions, is believed too.)
   */
  replace(items: readonly T[], resourceVersion: string, mark: number): Change<T>[] {
    const changes: Change<T>[] = [];
    const listed = new Set<string>();
    for (const item of items) {
      const key = keyOf(item);
      listed.add(key);
      const entry = this.#entries.get(key);
      if (entry?.write !== undefined && entry.write > mark && later(entry.object, resourceVersion)) continue;
      const change = this.#tell(key, item, entry);
      if (change !== undefined) changes.push(change);
    }
    for (const [key, entry] of [...this.#entries]) {
      if (listed.has(key)) continue;
      if (entry.write !== undefined && entry.write > mark && later(entry.object, resourceVersion)) continue;
      this.#remove(key, entry.object);
      changes.push({ type: 'deleted', key, object: entry.object });
    }
    this.#toldUntil = resourceVersion;
    return changes;
  }

  /** Takes one piece of news from the stream. Undefined when it tells nothing new. */
  apply(type: 'ADDED' | 'MODIFIED' | 'DELETED', object: T): Change<T> | undefined {
    const key = keyOf(object);
    const entry = this.#entries.get(key);
    const version = object.metadata.resourceVersion ?? '';
    this.#toldUntil = version;
    if (entry?.write !== undefined && later(entry.object, version)) return undefined;
    if (type !== 'DELETED') return this.#tell(key, object, entry);
    if (entry === undefined) return undefined;
    this.#remove(key, entry.object);
    return { type: 'deleted', key, object };
  }

  /** The stream has told everything up to this resource version. */
  advance(resourceVersion: string): void {
    this.#toldUntil = resourceVersion;
  }

  /**
   * Takes the server's answer to a write of this process. Ignored when the stream is past it (the object may have been
   * changed or deleted since), and when the versions cannot be compared: the stream will bring it.
   */
  observeWrite(object: T): void {
    const key = keyOf(object);
    const entry = this.#entries.get(key);
    if (!later(object, this.#toldUntil)) return;
    if (entry !== undefined && !later(object, entry.object.metadata.resourceVersion ?? '')) return;
    this.#writes += 1;
    this.#put(key, { object, told: entry?.told, write: this.#writes }, entry);
  }

  #keysBy(name: string, value: string): ReadonlySet<string> {
    const index = this.#indexes.get(name);
    if (index === undefined) throw new TypeError(`there is no index ${name}`);
    return index.keys.get(value) ?? NONE;
  }

  #tell(key: string, object: T, entry: Entry<T> | undefined): Change<T> | undefined {
    this.#put(key, { object, told: object, write: undefined }, entry);
    const previous = entry?.told;
    if (previous === undefined) return { type: 'added', key, object };
    const { uid, resourceVersion } = previous.metadata;
    if (uid === object.metadata.uid && resourceVersion === object.metadata.resourceVersion) return undefined;
    return { type: 'updated', key, object, previous };
  }

  #put(key: string, entry: Entry<T>, before: Entry<T> | undefined): void {
    this.#entries.set(key, entry);
    for (const { values, keys } of this.#indexes.values()) {
      const now = values(entry.object);
      for (const value of before === undefined ? [] : values(before.object)) {
        if (!now.includes(value)) removeFrom(keys, value, key);
      }
      for (const value of now) {
        const set = keys.get(value);
        if (set === undefined) keys.set(value, new Set([key]));
        else set.add(key);
      }
    }
  }

  #remove(key: string, object: T): void {
    this.#entries.delete(key);
    for (const { values, keys } of this.#indexes.values()) {
      for (const value of values(object)) removeFrom(keys, value, key);
    }
  }
}

function later(object: KubeObject, resourceVersion: string): boolean {
  return (compareResourceVersions(object.metadata.resourceVersion ?? '', resourceVersion) ?? 0) > 0;
}

function removeFrom(keys: Map<string, Set<string>>, value: string, key: string): void {
  const set = keys.get(value);
  set?.delete(key);
  if (set?.size === 0) keys.delete(value);
}
