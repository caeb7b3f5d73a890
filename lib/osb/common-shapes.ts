import { MAX_DESCRIPTION_LENGTH, MAX_ID_LENGTH } from './limits.ts';
import type { Shape } from './shape.ts';
import { object, optional, required, stringMap, text } from './shape.ts';
import type { InstanceMetadata, MaintenanceInfo } from './types.ts';

/** Shapes that requests, responses and the catalog share. */

const idText = text(1, MAX_ID_LENGTH);
// Line breaks and other control characters in an id would forge log lines and headers.
const CONTROL_CHARACTER = /[\u0000-\u001f\u007f]/;

/** An id: any characters but control characters (spec.md "URL Properties" places no other restriction). */
export const id: Shape<string> = (value, path, faults) => {
  const result = idText(value, path, faults);
  if (result !== undefined && CONTROL_CHARACTER.test(result)) {
    faults.add(path, 'must not contain control characters');
  }
  return result;
};

export const description = text(0, MAX_DESCRIPTION_LENGTH);
export const url = text(0, 8_192);

export const maintenanceInfo: Shape<MaintenanceInfo> = object<MaintenanceInfo>({
  version: required(text(1, MAX_ID_LENGTH)),
  description: optional(description),
});

export const instanceMetadata: Shape<InstanceMetadata> = object<InstanceMetadata>({
  labels: optional(stringMap),
  attributes: optional(stringMap),
});
