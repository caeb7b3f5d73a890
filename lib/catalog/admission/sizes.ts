import type { AdmissionRequest, Fault } from '../admission.ts';
import { SERVICE_BINDINGS, SERVICE_INSTANCES } from '../resources.ts';
import { sameJson } from '../same-json.ts';

/**
 * What a field that users fill as they like may have, bytes of its JSON. Every controller keeps every instance and
 * binding in memory, parameters up to three times (as wanted, under way, and at the broker); without a bound one
 * namespace could take all of it with few objects, up to 1.5 MB each. Half of what our broker reads of a whole request,
 * 128 KiB, and far more than any schema of a plan asks for.
 */
const MOST_BYTES = 64 * 1024;

const IN_A_SECRET = 'put large values into a Secret and name it in spec.parametersFrom';

/** The fields without any other bound, and what to do about too much of them. */
const BOUNDED: ReadonlyMap<string, Readonly<Record<string, string>>> = new Map([
  [SERVICE_INSTANCES.plural, { parameters: IN_A_SECRET, parametersFrom: 'name fewer Secrets' }],
  [
    SERVICE_BINDINGS.plural,
    {
      parameters: IN_A_SECRET,
      parametersFrom: 'name fewer Secrets',
      secretTransforms: 'put large values into a Secret and name it in addKeysFrom',
    },
  ],
]);

/**
 * What is larger than it may be. Only what is new or changed: an object that was stored without this check can be
 * edited and deleted as ever.
 */
export function sizeFaults({ resource, subresource, object, oldObject }: AdmissionRequest): Fault[] {
  if (subresource !== undefined) return [];
  const [after, before] = [specOf(object), specOf(oldObject)];
  return Object.entries(BOUNDED.get(resource.plural) ?? {}).flatMap(([field, remedy]) => {
    const value = after[field];
    const bytes = value === undefined ? 0 : Buffer.byteLength(JSON.stringify(value));
    if (bytes <= MOST_BYTES || sameJson(value, before[field])) return [];
    return [
      { field: `spec.${field}`, message: `has ${bytes} bytes of JSON and may have at most ${MOST_BYTES}; ${remedy}` },
    ];
  });
}

/** Whatever is there: nobody has looked at the object's types yet. */
function specOf(object: AdmissionRequest['object']): Readonly<Record<string, unknown>> {
  const spec = (object as { spec?: unknown } | undefined)?.spec;
  return typeof spec === 'object' && spec !== null ? (spec as Record<string, unknown>) : {};
}
