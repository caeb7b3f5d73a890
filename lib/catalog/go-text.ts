import { sortedEntries } from './go-json.ts';

/**
 * A value as Go's fmt.Fprint prints it: what a jsonPathExpression puts into a Secret. `[1 2]` for arrays, `map[a:1]`
 * for objects, `<nil>` for null, `1e+06` for a million.
 */
export function goText(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return value;
    case 'number':
      return goFloatText(value);
    case 'boolean':
      return String(value);
    case 'object':
      if (value === null) return '<nil>';
      // Bytes come from a Secret and are text there. Go would print them as a list of numbers, of use to nobody.
      if (value instanceof Uint8Array) return Buffer.from(value).toString('utf8');
      if (Array.isArray(value)) return `[${value.map(goText).join(' ')}]`;
      return `map[${sortedEntries(value)
        .map(([key, member]) => `${key}:${goText(member)}`)
        .join(' ')}]`;
    default:
      throw new TypeError(`a ${typeof value} is no JSON value`);
  }
}

/** Go's `%v` of a float64: the shortest digits, with an exponent from 1e+06 up and below 1e-04. */
function goFloatText(value: number): string {
  if (Object.is(value, -0)) return '-0';
  const [digits = '', exponentText = '0'] = value.toExponential().split('e');
  const exponent = Number(exponentText);
  if (value === 0 || (exponent >= -4 && exponent < 6)) return String(value);
  return `${digits}e${exponent < 0 ? '-' : '+'}${String(Math.abs(exponent)).padStart(2, '0')}`;
}
