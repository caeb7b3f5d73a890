const DATE_TIME =
  /^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])T([01]\d|2[0-3]):[0-5]\d:([0-5]\d|60)(\.\d+)?(Z|[+-]\d\d:\d\d)$/iu;
const BASE64_CHARACTERS = /^[A-Za-z0-9+/]*={0,2}$/u;
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/iu;

const FORMATS: ReadonlyMap<string, (value: string) => boolean> = new Map([
  ['date-time', (value) => DATE_TIME.test(value)],
  ['byte', isBase64],
  ['uuid', (value) => UUID.test(value)],
]);

/** Whether a text has a format; formats this server does not know hold for every text, as in Kubernetes. */
export function matchesFormat(value: string, format: string): boolean {
  return FORMATS.get(format)?.(value) ?? true;
}

/** Standard base64 with padding; line breaks are allowed, as Go's decoder allows them. */
export function isBase64(value: string): boolean {
  const text = value.replaceAll(/[\r\n]/gu, '');
  return text.length % 4 === 0 && BASE64_CHARACTERS.test(text);
}
