import type { ChartValue } from './read-values.ts';

/** As much of a JSON Schema as is read here. */
export interface ValuesSchema {
  readonly description?: string;
  readonly properties?: Readonly<Record<string, ValuesSchema>>;
  readonly [keyword: string]: unknown;
}

/** Set by Helm for charts within charts; no value of the chart's own. */
const OF_HELM = new Set(['global']);

/**
 * The schema with the comments of the values as descriptions. Throws when a value is in one of the two only, or when a
 * value that holds no others has no comment.
 */
export function describeSchema(schema: ValuesSchema, values: readonly ChartValue[], above = ''): ValuesSchema {
  const properties = schema.properties ?? {};
  const names = values.map(({ path }) => path.slice(path.lastIndexOf('.') + 1));
  for (const name of Object.keys(properties)) {
    if (!names.includes(name) && !(above === '' && OF_HELM.has(name))) {
      throw new Error(`${above}${name} is in values.schema.json only`);
    }
  }
  const described = values.map((value, index): [string, ValuesSchema] => {
    const name = names[index] ?? '';
    const own = properties[name];
    if (own === undefined) throw new Error(`${value.path} is in values.yaml only`);
    if (value.members === undefined && value.comment === '') throw new Error(`${value.path} has no comment`);
    return [name, describe(own, value)];
  });
  const helms = Object.entries(properties).filter(([name]) => above === '' && OF_HELM.has(name));
  return { ...schema, properties: Object.fromEntries([...described, ...helms]) };
}

function describe(schema: ValuesSchema, value: ChartValue): ValuesSchema {
  const { description: _old, ...rest } = schema;
  const inner = value.members === undefined ? rest : describeSchema(rest, value.members, `${value.path}.`);
  // Next to $ref, draft 7 looks at nothing else.
  const body = '$ref' in inner ? { allOf: [{ $ref: inner['$ref'] }] } : inner;
  return value.comment === '' ? body : { description: value.comment, ...body };
}
