/**
 * JSON as Go's encoding/json writes it. Checksums in the status of instances and values in Secrets were made by Go;
 * the same bytes must come out here, or every instance would be updated once for nothing.
 */

/** Keys sorted by their UTF-8 bytes, `<`, `>`, `&`, U+2028 and U+2029 escaped, no blanks. Throws on what JSON cannot hold. */
export function goJson(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return goString(value);
    case 'number':
      return goNumber(value);
    case 'boolean':
      return String(value);
    case 'object':
      if (value === null) return 'null';
      if (Array.isArray(value)) return `[${value.map(goJson).join(',')}]`;
      return `{${sortedEntries(value)
        .map(([key, member]) => `${goString(key)}:${goJson(member)}`)
        .join(',')}}`;
    default:
      throw new TypeError(`a ${typeof value} is no JSON value`);
  }
}

/** The members of an object in the order in which Go writes maps. Members that are undefined are not there. */
export function sortedEntries(value: object): [string, unknown][] {
  return Object.entries(value)
    .filter(([, member]) => member !== undefined)
    .sort(([one], [other]) => Buffer.compare(Buffer.from(one), Buffer.from(other)));
}

/** Go reads every number as float64 and writes it as JavaScript does, but for negative zero. */
function goNumber(value: number): string {
  if (!Number.isFinite(value)) throw new TypeError(`${value} is no JSON value`);
  return Object.is(value, -0) ? '-0' : String(value);
}

const SHORT_ESCAPES: Readonly<Record<string, string>> = {
  '"': '\\"',
  '\\': '\\\\',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
};

function goString(value: string): string {
  // A lone surrogate cannot be written in UTF-8; Go has U+FFFD in its place from the moment it reads it.
  const escaped = value
    .toWellFormed()
    .replace(/["\\\u0000-\u001f<>&\u2028\u2029]/g, (character) => SHORT_ESCAPES[character] ?? unicodeEscape(character));
  return `"${escaped}"`;
}

function unicodeEscape(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
