import { invalidValue } from '../schema/causes.ts';
import type { Cause } from '../status.ts';

/** What a Secret or ConfigMap may hold, bytes. */
const MAX_DATA_BYTES = 1024 * 1024;

const KEY = /^[-._a-zA-Z0-9]+$/u;
const MAX_KEY_LENGTH = 253;

/** Keys become file names in pods, so they are restricted. */
export function checkDataKeys(field: string, data: Readonly<Record<string, string>>): Cause[] {
  return Object.keys(data).flatMap((key) => {
    const path = `${field}[${key}]`;
    if (key.length > MAX_KEY_LENGTH)
      return [invalidValue(path, key, `must be no more than ${MAX_KEY_LENGTH} characters`)];
    if (!KEY.test(key) || key === '.' || key === '..')
      return [
        invalidValue(
          path,
          key,
          "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')",
        ),
      ];
    return [];
  });
}

/** The size of all values together. */
export function checkDataSize(
  maps: readonly Readonly<Record<string, string>>[],
  sizeOf: (value: string) => number,
): Cause[] {
  const bytes = maps.flatMap((map) => Object.values(map)).reduce((sum, value) => sum + sizeOf(value), 0);
  if (bytes <= MAX_DATA_BYTES) return [];
  return [
    { reason: 'FieldValueTooLong', field: 'data', message: `Too long: may not be more than ${MAX_DATA_BYTES} bytes` },
  ];
}
