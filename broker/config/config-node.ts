/* eslint-disable @typescript-eslint/no-confusing-void-expression -- `return node.fail(…)` notes a mistake and stands for the value that is missing */
import { isAlias, isMap, isScalar, isSeq } from 'yaml';
import type { Document, LineCounter, Node, Pair } from 'yaml';
import type { JsonObject } from '../../lib/osb/types.ts';
import type { NamedFile } from '../../lib/runtime/serving-certificate.ts';

/** A mistake in the file, at a place an editor can jump to. */
export interface Mistake {
  readonly line: number;
  readonly column: number;
  /** Such as `servers[0].admin.port`; empty for the file as a whole. */
  readonly path: string;
  readonly message: string;
}

/** What reading a file needs besides its nodes: where mistakes go, and how a file named in it is read. */
export interface ReadingContext {
  readonly document: Document;
  readonly lines: LineCounter;
  readonly mistakes: Mistake[];
  /** The text of a file, its name resolved against the configuration's folder. Throws what `readFileSync` throws. */
  readonly readFile: (name: string) => string;
  /** Where a file is, its name resolved against the configuration's folder. */
  readonly locate: (name: string) => string;
}

/**
 * A value in the configuration file with its place. Every reader returns undefined after noting what is wrong, so that
 * one pass finds all mistakes. Values of secrets are never repeated.
 */
export class ConfigNode {
  readonly path: string;
  readonly #node: Node | null;
  readonly #context: ReadingContext;
  readonly #offset: number;

  constructor(context: ReadingContext, node: Node | null, path: string, offset: number) {
    this.#context = context;
    this.#node = isAlias(node) ? (node.resolve(context.document) ?? null) : node;
    this.#offset = node?.range?.[0] ?? offset;
    this.path = path;
  }

  get context(): ReadingContext {
    return this.#context;
  }

  /** Notes a mistake here. */
  fail(message: string): undefined {
    const { line, col } = this.#context.lines.linePos(this.#offset);
    this.#context.mistakes.push({ line, column: col, path: this.path, message });
    return undefined;
  }

  /** A mapping with these keys; any other key is a mistake, because it is most often a misspelt one. */
  object(keys: readonly string[]): ConfigObject | undefined {
    if (!isMap(this.#node)) return this.fail(`must be a mapping with ${quoted(keys)}`);
    const members = new Map<string, ConfigNode>();
    for (const pair of this.#node.items as Pair<Node, Node | null>[]) {
      const key = isScalar(pair.key) ? String(pair.key.value) : '';
      const at = pair.key.range?.[0] ?? this.#offset;
      const path = this.path === '' ? key : `${this.path}.${key}`;
      if (keys.includes(key)) members.set(key, new ConfigNode(this.#context, pair.value, path, at));
      else new ConfigNode(this.#context, pair.key, path, at).fail(`is not known; there is ${quoted(keys)}`);
    }
    return new ConfigObject(this, members);
  }

  /** A sequence of at least `min` items. */
  list(min = 1): ConfigNode[] | undefined {
    if (!isSeq(this.#node)) return this.fail('must be a list');
    const items = this.#node.items as (Node | null)[];
    if (items.length < min) return this.fail('must have at least one item');
    return items.map((item, index) => new ConfigNode(this.#context, item, `${this.path}[${index}]`, this.#offset));
  }

  /** A string that is not empty. */
  text(maximum = 1_000): string | undefined {
    const value = isScalar(this.#node) ? this.#node.value : undefined;
    if (typeof value === 'number' || typeof value === 'boolean') {
      return this.fail('must be a string: put it in quotes');
    }
    if (typeof value !== 'string' || value === '') return this.fail('must be a string that is not empty');
    if (value.length > maximum) return this.fail(`must not be longer than ${maximum} characters`);
    return value;
  }

  /** A string of a certain form; `form` says it in words. */
  matching(pattern: RegExp, form: string): string | undefined {
    const value = this.text();
    return value === undefined || pattern.test(value) ? value : this.fail(`must be ${form}`);
  }

  /** A whole number between two bounds, both included. */
  integer(least: number, greatest: number): number | undefined {
    const value = isScalar(this.#node) ? this.#node.value : undefined;
    if (typeof value === 'number' && Number.isSafeInteger(value) && value >= least && value <= greatest) return value;
    return this.fail(`must be a whole number from ${least} to ${greatest}`);
  }

  boolean(): boolean | undefined {
    const value = isScalar(this.#node) ? this.#node.value : undefined;
    return typeof value === 'boolean' ? value : this.fail('must be true or false');
  }

  /** One of a few words. */
  choice<T extends string>(...allowed: readonly T[]): T | undefined {
    const value = isScalar(this.#node) ? this.#node.value : undefined;
    return (
      allowed.find((item) => item === value) ?? this.fail(`must be ${allowed.map((item) => `"${item}"`).join(' or ')}`)
    );
  }

  /** Any mapping, as JSON. */
  freeObject(): JsonObject | undefined {
    if (!isMap(this.#node)) return this.fail('must be a mapping');
    return this.#node.toJS(this.#context.document, { maxAliasCount: 100 }) as JsonObject;
  }

  /** The text of the file this names. */
  file(): string | undefined {
    const name = this.text();
    if (name === undefined) return undefined;
    try {
      return this.#context.readFile(name);
    } catch (thrown) {
      const reason = thrown instanceof Error && 'code' in thrown ? String(thrown.code) : 'unknown error';
      return this.fail(`names the file ${name}, which cannot be read (${reason})`);
    }
  }

  /** The secret in the file this names; a line break at its end does not belong to it. */
  secretFile(): string | undefined {
    const text = this.file()?.replace(/\r?\n$/, '');
    if (text === '') return this.fail('names a file that is empty');
    if (text !== undefined && /[\r\n\0]/.test(text)) return this.fail('names a file with more than one line');
    return text;
  }

  /** The certificates or the key in the PEM file this names. */
  pemFile(): string | undefined {
    const text = this.file();
    if (text !== undefined && !text.includes('-----BEGIN ')) return this.fail('names a file that is not PEM');
    return text;
  }

  /** Where the PEM file is that this names: one that is read again whenever it changes. */
  followedPemFile(): NamedFile | undefined {
    return this.pemFile() === undefined
      ? undefined
      : { flag: this.path, path: this.#context.locate(this.text() ?? '') };
  }
}

/** A mapping whose keys are known. */
export class ConfigObject {
  readonly #owner: ConfigNode;
  readonly #members: ReadonlyMap<string, ConfigNode>;

  constructor(owner: ConfigNode, members: ReadonlyMap<string, ConfigNode>) {
    this.#owner = owner;
    this.#members = members;
  }

  optional(key: string): ConfigNode | undefined {
    return this.#members.get(key);
  }

  required(key: string): ConfigNode | undefined {
    const member = this.#members.get(key);
    return member ?? this.#owner.fail(`lacks "${key}"`);
  }
}

/** The record when every member was read, else undefined: the mistakes are noted already. */
export function complete<T extends object>(record: { [K in keyof T]: T[K] | undefined }): T | undefined {
  return Object.values(record).includes(undefined) ? undefined : (record as T);
}

const quoted = (keys: readonly string[]): string => keys.map((key) => `"${key}"`).join(', ');
