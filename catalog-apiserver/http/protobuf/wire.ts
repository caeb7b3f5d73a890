/** A type of a field, as Kubernetes' `generated.proto` files have them. */
export type FieldType = 'string' | 'bytes' | 'integer' | 'boolean' | 'time' | 'ignored' | Message;

export interface Field {
  readonly name: string;
  readonly type: FieldType;
  /** A list, or a map from strings. */
  readonly many?: 'list' | 'map';
}

/** Field numbers to fields. */
export type Message = ReadonlyMap<number, Field>;

/** Bytes that are not the message they should be. */
export class WireError extends Error {
  override readonly name = 'WireError';
}

/** Messages are nested no deeper than this in any kind; a forged body cannot exhaust the stack. */
const MAX_DEPTH = 20;

const VARINT = 0;
const FIXED_64 = 1;
const LENGTH = 2;
const FIXED_32 = 5;

/**
 * Decodes a message to what its JSON would be: bytes as base64, times as RFC 3339, and, as Go leaves out empty fields
 * in JSON but not here, without empty texts and zeros. Throws {@link WireError}, also for a field it does not know:
 * dropping it would be losing what the client said.
 */
export function decodeMessage(bytes: Uint8Array, message: Message, depth = 0): Record<string, unknown> {
  if (depth > MAX_DEPTH) throw new WireError('nested too deeply');
  const values = new Map<string, unknown>();
  for (const [number, part] of partsOf(bytes)) {
    const field = message.get(number);
    if (field === undefined) throw new WireError(`field ${number} is not known`);
    if (field.type === 'ignored') continue;
    if (field.many === 'map') {
      const [key, value] = decodeEntry(part, field.type, depth);
      values.set(field.name, { ...(values.get(field.name) as object | undefined), [key]: value });
      continue;
    }
    const value = decodeValue(part, field.type, depth);
    if (field.many === 'list')
      values.set(field.name, [...((values.get(field.name) as unknown[] | undefined) ?? []), value]);
    else if (value !== '' && value !== 0 && value !== null) values.set(field.name, value);
  }
  return Object.fromEntries(values);
}

type Part = number | Uint8Array;

function decodeEntry(part: Part, type: FieldType, depth: number): [string, unknown] {
  let key = '';
  let value: unknown = '';
  for (const [number, inner] of partsOf(asBytes(part))) {
    if (number === 1) key = asText(inner);
    else if (number === 2) value = decodeValue(inner, type, depth);
  }
  return [key, value];
}

function decodeValue(part: Part, type: Exclude<FieldType, 'ignored'> | 'ignored', depth: number): unknown {
  switch (type) {
    case 'string':
      return asText(part);
    case 'bytes':
      return Buffer.from(asBytes(part)).toString('base64');
    case 'integer':
      return asInteger(part);
    case 'boolean':
      return asInteger(part) !== 0;
    case 'time':
      return decodeTime(asBytes(part));
    case 'ignored':
      return null;
    default:
      return decodeMessage(asBytes(part), type, depth + 1);
  }
}

/** Seconds and nanoseconds; no bytes at all are Go's zero time, which JSON writes as null. */
function decodeTime(bytes: Uint8Array): string | null {
  if (bytes.length === 0) return null;
  let seconds = 0;
  let nanoseconds = 0;
  for (const [number, part] of partsOf(bytes)) {
    if (number === 1) seconds = asInteger(part);
    if (number === 2) nanoseconds = asInteger(part);
  }
  const moment = new Date(seconds * 1_000);
  if (Number.isNaN(moment.getTime())) throw new WireError('a time is out of range');
  const whole = moment.toISOString().slice(0, 19);
  return nanoseconds === 0 ? `${whole}Z` : `${whole}.${String(Math.floor(nanoseconds / 1_000)).padStart(6, '0')}Z`;
}

/** The fields of a message in their order: number and content. */
function* partsOf(bytes: Uint8Array): Generator<[number, Part]> {
  let offset = 0;
  const varint = (): bigint => {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = bytes[offset++];
      if (byte === undefined) throw new WireError('it ends too early');
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return BigInt.asIntN(64, value);
    }
    throw new WireError('a number is too long');
  };
  const take = (length: number): Uint8Array => {
    if (length < 0 || offset + length > bytes.length) throw new WireError('it ends too early');
    offset += length;
    return bytes.subarray(offset - length, offset);
  };
  while (offset < bytes.length) {
    const tag = Number(varint());
    const number = tag >>> 3;
    switch (tag & 7) {
      case VARINT:
        yield [number, exact(varint())];
        break;
      case LENGTH:
        yield [number, take(exact(varint()))];
        break;
      case FIXED_64:
        yield [number, take(8)];
        break;
      case FIXED_32:
        yield [number, take(4)];
        break;
      default:
        throw new WireError(`field ${number} has an unknown wire type`);
    }
  }
}

function exact(value: bigint): number {
  const number = Number(value);
  if (!Number.isSafeInteger(number)) throw new WireError('a number is too large');
  return number;
}

function asInteger(part: Part): number {
  if (typeof part !== 'number') throw new WireError('a number was expected');
  return part;
}

function asBytes(part: Part): Uint8Array {
  if (typeof part === 'number') throw new WireError('bytes were expected');
  return part;
}

function asText(part: Part): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(asBytes(part));
  } catch (thrown) {
    throw thrown instanceof WireError ? thrown : new WireError('a text is not valid UTF-8');
  }
}
