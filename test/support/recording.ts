import type { JsonValue } from './json-value.ts';

/** One request of kubectl and the answer it got, with what differs from run to run replaced by placeholders. */
export interface Exchange {
  readonly method: string;
  /** With query. */
  readonly path: string;
  readonly accept?: string;
  readonly contentType?: string;
  /** Whom it is made for, of `kubectl --as`. */
  readonly impersonates?: string;
  /** JSON, or `base64:…` for what is not. */
  readonly body?: JsonValue;
  readonly status: number;
  /** The answer's JSON; of a watch its last event; absent for documents that are too long to be read. */
  readonly answer?: JsonValue;
}

/** What kubectl sent for some commands, in order. */
export interface Recording {
  readonly kubectl: string;
  readonly scenario: string;
  readonly commands: readonly { readonly command: string; readonly exchanges: readonly Exchange[] }[];
}

const UID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/gu;
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/u;
/** As tables have them, from seconds to years. */
const AGE = /^\d+(s|m(\d+s)?|h(\d+m)?|d(\d+h)?|y(\d+d)?)$/u;
const PLACEHOLDER = /\$(uid|version|token)-\d+/gu;

/** Gives the values of one recording their placeholders. The same value gets the same one. */
export class Placeholders {
  readonly #names = new Map<string, string>();
  readonly #counts = new Map<string, number>();

  /** An answer with placeholders. */
  inAnswer(value: JsonValue): JsonValue {
    return this.#replace(value, '', (text) => (TIME.test(text) ? '$time' : AGE.test(text) ? '$age' : text));
  }

  /** A request with placeholders for what it repeats of answers; its own times and ages are its content. */
  inRequest(value: JsonValue): JsonValue {
    return this.#replace(value, '', (text) => text);
  }

  #replace(value: JsonValue, key: string, otherwise: (text: string) => string): JsonValue {
    if (Array.isArray(value)) return value.map((item) => this.#replace(item, '', otherwise));
    if (typeof value === 'object' && value !== null) {
      const entries = Object.entries(value);
      return Object.fromEntries(entries.map(([name, part]) => [name, this.#replace(part, name, otherwise)]));
    }
    if (typeof value !== 'string') return value;
    if (key === 'resourceVersion' && /^[1-9]\d*$/u.test(value)) return this.#nameOf('version', value);
    if (key === 'continue' && value !== '') return this.#nameOf('token', value);
    return this.inText(otherwise(value));
  }

  /** A text such as a path, in which known values may occur. */
  inText(text: string): string {
    const withUids = text.replaceAll(UID, (uid) => this.#nameOf('uid', uid));
    return withUids
      .replaceAll(/(?<=resourceVersion=)[1-9]\d*/gu, (version) => this.#nameOf('version', version))
      .replaceAll(/(?<=continue=)[^&]+/gu, (token) => this.#nameOf('token', decodeURIComponent(token)));
  }

  #nameOf(type: string, value: string): string {
    const known = this.#names.get(`${type} ${value}`);
    if (known !== undefined) return known;
    const count = (this.#counts.get(type) ?? 0) + 1;
    this.#counts.set(type, count);
    const name = `$${type}-${count}`;
    this.#names.set(`${type} ${value}`, name);
    return name;
  }
}

/** What the placeholders of a recording stand for in a replay: learnt from answers, used in requests. */
export class Bindings {
  readonly #values = new Map<string, string>();

  /** A value of a request with what its placeholders stand for. */
  resolve(value: JsonValue): JsonValue {
    if (Array.isArray(value)) return value.map((item) => this.resolve(item));
    if (typeof value === 'object' && value !== null)
      return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, this.resolve(part)]));
    return typeof value === 'string' ? this.resolveText(value) : value;
  }

  resolveText(text: string): string {
    return text.replaceAll(PLACEHOLDER, (name) => {
      const value = this.#values.get(name);
      if (value === undefined) throw new Error(`nothing said what ${name} is`);
      return value;
    });
  }

  /**
   * An answer as it is expected, beside the answer itself: placeholders seen for the first time take the value that
   * stands in their place.
   */
  expectation(expected: JsonValue | undefined, actual: JsonValue | undefined): JsonValue | undefined {
    if (Array.isArray(expected)) {
      return expected.map(
        (item, index) => this.expectation(item, Array.isArray(actual) ? actual[index] : undefined) ?? null,
      );
    }
    if (typeof expected === 'object' && expected !== null) {
      const beside = typeof actual === 'object' && actual !== null && !Array.isArray(actual) ? actual : {};
      return Object.fromEntries(
        Object.entries(expected).map(([name, part]) => [name, this.expectation(part, beside[name]) ?? null]),
      );
    }
    if (typeof expected !== 'string') return expected;
    if (expected === '$time') return typeof actual === 'string' && TIME.test(actual) ? actual : expected;
    if (expected === '$age') return typeof actual === 'string' && AGE.test(actual) ? actual : expected;
    if (
      new RegExp(`^${PLACEHOLDER.source}$`, 'u').test(expected) &&
      typeof actual === 'string' &&
      !this.#values.has(expected)
    )
      this.#values.set(expected, actual);
    return this.resolveText(expected);
  }
}
