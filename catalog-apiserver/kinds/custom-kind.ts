import type { KubeObject } from '../../lib/kube/objects.ts';
import { UsageError } from '../../lib/runtime/errors.ts';
import { isRecord, readSchema } from '../schema/schema.ts';
import { AGE, ageOf, column } from './columns.ts';
import { findAll, parseJsonPath } from './jsonpath.ts';
import { ALL_VERBS } from './kind.ts';
import type { Column, Kind } from './kind.ts';
import { objectSchema } from './object-meta.ts';

/** What this server reads of a CustomResourceDefinition. */
export interface CustomResourceDefinition extends KubeObject {
  spec: {
    group: string;
    names: {
      kind: string;
      plural: string;
      singular?: string;
      listKind?: string;
      shortNames?: string[];
      categories?: string[];
    };
    scope: 'Cluster' | 'Namespaced';
    versions: DefinitionVersion[];
    conversion?: unknown;
    preserveUnknownFields?: boolean;
  };
  status?: unknown;
}

interface DefinitionVersion {
  name: string;
  served: boolean;
  storage: boolean;
  schema?: { openAPIV3Schema?: unknown };
  subresources?: { status?: object; scale?: object };
  additionalPrinterColumns?: {
    name: string;
    type: string;
    jsonPath: string;
    description?: string;
    format?: string;
    priority?: number;
  }[];
}

const COLUMN_TYPES = ['string', 'integer', 'number', 'boolean', 'date'] as const;

/** The kind a definition describes. Throws {@link UsageError} for what this server could not hold to. */
export function customKind(definition: CustomResourceDefinition): Kind {
  const { group, names, scope } = definition.spec;
  const place = `CustomResourceDefinition ${names.plural}.${group}`;
  const [version, ...others] = definition.spec.versions;
  if (version === undefined || others.length > 0) throw new UsageError(`${place}: exactly one version is supported`);
  if (version.subresources?.scale !== undefined)
    throw new UsageError(`${place}: the scale subresource is not supported`);
  const schema = readSchema(version.schema?.openAPIV3Schema, `${place}: openAPIV3Schema`);
  return {
    resource: {
      group,
      version: version.name,
      kind: names.kind,
      plural: names.plural,
      namespaced: scope === 'Namespaced',
    },
    listKind: names.listKind ?? `${names.kind}List`,
    singular: names.singular ?? names.kind.toLowerCase(),
    shortNames: names.shortNames ?? [],
    categories: names.categories ?? [],
    verbs: ALL_VERBS,
    subresources: version.subresources?.status === undefined ? [] : ['status'],
    schema: objectSchema(names.kind, schema),
    columns: version.additionalPrinterColumns?.map((entry) => printerColumn(entry, place)) ?? [AGE],
    custom: true,
    hasGeneration: true,
    unconditionalUpdate: false,
    mergeKeys: undefined,
    names: 'subdomain',
    selectableFields: {},
    strategy: {},
  };
}

function printerColumn(
  entry: NonNullable<DefinitionVersion['additionalPrinterColumns']>[number],
  place: string,
): Column {
  const type = COLUMN_TYPES.find((known) => known === entry.type);
  if (type === undefined) throw new UsageError(`${place}: column ${entry.name} has the unknown type ${entry.type}`);
  const path = parseJsonPath(entry.jsonPath);
  const cell = (object: KubeObject, now: number): unknown => {
    const [value] = findAll(object, path);
    if (value === undefined || value === null) return undefined;
    return type === 'date' ? ageOf(value, now) : cellOf(value, type);
  };
  return column(entry.name, cell, {
    // As a real API server: ages are computed there, so the client is told they are text to print as it is.
    type,
    description: entry.description ?? `Custom resource definition column (in JSONPath format): ${entry.jsonPath}`,
    priority: entry.priority ?? 0,
    ...(entry.format === undefined ? {} : { format: entry.format }),
  });
}

/** The value when it fits the column's type; a wrong type leaves the cell empty. */
function cellOf(value: unknown, type: Exclude<Column['type'], 'date'>): unknown {
  switch (type) {
    case 'string':
      return typeof value === 'string' ? value : JSON.stringify(value);
    case 'boolean':
      return typeof value === 'boolean' ? value : undefined;
    case 'integer':
      return typeof value === 'number' ? Math.trunc(value) : undefined;
    case 'number':
      return typeof value === 'number' ? value : undefined;
  }
}

/** Checks that a document is a CustomResourceDefinition this server can read. Throws {@link UsageError}. */
export function asDefinition(document: unknown, file: string): CustomResourceDefinition {
  if (
    !isRecord(document) ||
    document['kind'] !== 'CustomResourceDefinition' ||
    document['apiVersion'] !== 'apiextensions.k8s.io/v1'
  )
    throw new UsageError(`${file}: not a CustomResourceDefinition of apiextensions.k8s.io/v1`);
  const { metadata, spec } = document;
  const whole = isRecord(metadata) && isRecord(spec) && isRecord(spec['names']) && Array.isArray(spec['versions']);
  if (!whole) throw new UsageError(`${file}: metadata, spec.names and spec.versions are required`);
  return document as unknown as CustomResourceDefinition;
}
