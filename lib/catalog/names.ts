import { createHash } from 'node:crypto';

/** Kubernetes allows no longer value in a label and no longer name of a Service, so the original stopped there. */
const MAX_LENGTH = 63;
/** What is left of an id that is too long, before the dash and the 32 characters of its MD5. */
const KEPT_LENGTH = 30;

/**
 * The name of the class or plan object for an id in a broker's catalog. The same id always gives the same name, two ids
 * never the same one (but for collisions of MD5 among ids longer than 63 characters once escaped), and the result is a
 * DNS subdomain.
 *
 * Characters that a name may not hold become `z`, their code point in hexadecimal, `z`; `z` itself is escaped for
 * that reason. A dot or dash stays where it may stand. This is the original's rule: objects keep their names when one
 * replaces the other.
 */
export function escapedName(externalID: string): string {
  let escaped = '';
  const runes = Array.from(externalID);
  runes.forEach((rune, index) => {
    escaped += mayStay(rune, escaped.at(-1), index === runes.length - 1)
      ? rune
      : `z${(rune.codePointAt(0) ?? 0).toString(16)}z`;
  });
  if (escaped.length <= MAX_LENGTH) return escaped;
  const kept = escaped.slice(0, KEPT_LENGTH).replace(/\.$/, '');
  return `${kept}-${createHash('md5').update(externalID).digest('hex')}`;
}

/** `before` is what was written last: after something escaped, that is a `z`. */
function mayStay(rune: string, before: string | undefined, last: boolean): boolean {
  if (/^[a-y0-9]$/.test(rune)) return true;
  // Each label of a DNS name begins and ends with a letter or digit.
  if (before === undefined || last) return false;
  if (rune === '.') return before !== '.' && before !== '-';
  return rune === '-' && before !== '.';
}

const DNS_LABEL = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;

/** What a DNS subdomain is, as names of most objects are, in words for messages. */
export const DNS_SUBDOMAIN_RULE =
  'must be at most 253 lower case letters, digits, dashes and dots, and begin and end with a letter or digit';

export function isDnsSubdomain(name: string): boolean {
  return name.length <= 253 && name.split('.').every((label) => DNS_LABEL.test(label));
}

/** What a DNS label is, as names of namespaces are, in words for messages. */
export const DNS_LABEL_RULE =
  'must be at most 63 lower case letters, digits and dashes, and begin and end with a letter or digit';

export function isDnsLabel(name: string): boolean {
  return name.length <= 63 && DNS_LABEL.test(name);
}

/** What the keys of a Secret are, in words for messages. */
export const SECRET_KEY_RULE = 'must be 1 to 253 letters, digits, dashes, underscores and dots';

export function isSecretKey(key: string): boolean {
  return key.length <= 253 && /^[-._a-zA-Z0-9]+$/.test(key) && key !== '.' && key !== '..';
}
