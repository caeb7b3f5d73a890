import { copyJson } from '../../lib/kube/copy-json.ts';
import { isRecord, propertySchema } from './schema.ts';
import type { Schema } from './schema.ts';

/**
 * `value` with the literal defaults of `schema` where fields are absent, as a new value. A null where null is not
 * allowed and a default exists counts as absent, as in Kubernetes.
 */
export function applyDefaults(value: unknown, schema: Schema): unknown {
  if (Array.isArray(value)) {
    const { items } = schema;
    return items === undefined ? value : value.map((item) => applyDefaults(item, items));
  }
  if (!isRecord(value)) return value;
  const filled = { ...value };
  for (const [name, property] of Object.entries(schema.properties ?? {})) {
    if (property.default === undefined) continue;
    const absent = filled[name] === undefined || (filled[name] === null && property.nullable !== true);
    if (absent) filled[name] = copyJson(property.default);
  }
  return Object.fromEntries(
    Object.entries(filled).map(([name, field]) => {
      const below = propertySchema(schema, name);
      return [name, below === undefined ? field : applyDefaults(field, below)];
    }),
  );
}
