import type { FaultList } from './faults.ts';
import { memberPath } from './faults.ts';
import { MAX_JSON_DEPTH } from './limits.ts';
import type { JsonObject } from './types.ts';

/** Whether `value` is a JSON object (not null, not an array). */
export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * Adds a fault for everything inside a free JSON value that a store cannot keep: nesting deeper than
 * {@link MAX_JSON_DEPTH}, NUL characters and halves of surrogate pairs (PostgreSQL refuses both), numbers that
 * overflowed to infinity (they would silently become null). Walks with a list of its own, since recursion is what deep nesting breaks.
 */
export function checkStorable(value: unknown, path: string, faults: FaultList): void {
  const pending: { value: unknown; path: string; depth: number }[] = [{ value, path, depth: 1 }];
  for (let item = pending.pop(); item !== undefined; item = pending.pop()) {
    const at = item;
    if (typeof at.value === 'string') checkText(at.value, at.path, faults);
    else if (typeof at.value === 'number' && !Number.isFinite(at.value)) faults.add(at.path, 'is too large a number');
    else if (typeof at.value === 'object' && at.value !== null) {
      if (at.depth > MAX_JSON_DEPTH) {
        faults.add(path, `must not be nested more than ${MAX_JSON_DEPTH} levels deep`);
        return;
      }
      for (const [name, member] of Object.entries(at.value)) {
        const inside = Array.isArray(at.value) ? `${at.path}[${name}]` : memberPath(at.path, name);
        checkText(name, at.path, faults);
        pending.push({ value: member, path: inside, depth: at.depth + 1 });
      }
    }
  }
}

function checkText(text: string, path: string, faults: FaultList): void {
  if (text.includes('\0')) faults.add(path, 'must not contain a NUL character');
  else if (!text.isWellFormed()) faults.add(path, 'must not contain half of a surrogate pair');
}
