/** A value that must not be found, and what it is. */
export interface KnownSecret {
  readonly value: string;
  /** `password in Secret test-ns/my-db-credentials`. */
  readonly of: string;
}

export interface Leak {
  /** From 1. */
  readonly line: number;
  readonly of: string;
  /** It was there in base64, as in the data of a Secret, or percent-encoded, not as it is. */
  readonly encoded: boolean;
}

/** Shorter values are found by accident. */
const SHORTEST = 8;

/** The secrets of a JSON-lines text, each value once. Lines that are no secret (cut off by a kill) are left out. */
export function parseSecrets(text: string): KnownSecret[] {
  const byValue = new Map<string, KnownSecret>();
  for (const line of text.split('\n')) {
    const secret = parseLine(line);
    if (secret && secret.value.length >= SHORTEST && !byValue.has(secret.value)) byValue.set(secret.value, secret);
  }
  return [...byValue.values()];
}

function parseLine(line: string): KnownSecret | undefined {
  try {
    const parsed: unknown = JSON.parse(line);
    if (typeof parsed !== 'object' || parsed === null || !('value' in parsed) || !('of' in parsed)) return undefined;
    return { value: String(parsed.value), of: String(parsed.of) };
  } catch {
    return undefined;
  }
}

/** Every place in `text` where one of the secrets stands, as it is or encoded; the first place of each form. */
export function findSecrets(text: string, secrets: readonly KnownSecret[]): Leak[] {
  const leaks: Leak[] = [];
  for (const { value, of } of secrets) {
    for (const form of formsOf(value)) {
      const at = text.indexOf(form);
      if (at >= 0) leaks.push({ line: text.slice(0, at).split('\n').length, of, encoded: form !== value });
    }
  }
  return leaks;
}

/** How a value may be written: as it is, in a URL, as the data of a Secret, and inside a longer base64 text. */
function formsOf(value: string): ReadonlySet<string> {
  // Base64 of a longer text that has the value in it: the value's bytes may begin at any of three places of a group.
  // Characters that also depend on what stands before or after are cut off.
  const inside = [0, 1, 2].map((before) => {
    const encoded = Buffer.from('\0'.repeat(before) + value).toString('base64');
    const whole = Math.floor(((before + Buffer.byteLength(value)) * 8) / 6);
    return encoded.slice(Math.ceil((before * 8) / 6), whole);
  });
  return new Set([value, encodeURIComponent(value), ...inside]);
}
