import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { Ajv } from 'ajv';
import type { ValidateFunction } from 'ajv';
import { parse, parseAllDocuments } from 'yaml';

const root = path.join(import.meta.dirname, '../../..');

export interface CrdSchema {
  description?: string;
  type?: string;
  format?: string;
  default?: unknown;
  properties?: Record<string, CrdSchema>;
  additionalProperties?: CrdSchema;
  items?: CrdSchema;
  required?: string[];
  enum?: string[];
  oneOf?: CrdSchema[];
  anyOf?: CrdSchema[];
  allOf?: CrdSchema[];
  not?: CrdSchema;
  'x-kubernetes-preserve-unknown-fields'?: boolean;
  'x-kubernetes-validations'?: { rule: string; message: string }[];
}

export interface Crd {
  apiVersion: string;
  kind: string;
  metadata: { name: string; labels: Record<string, string>; annotations: Record<string, string> };
  spec: {
    group: string;
    scope: 'Cluster' | 'Namespaced';
    names: { kind: string; listKind: string; plural: string; singular: string; categories: string[] };
    versions: {
      name: string;
      served: boolean;
      storage: boolean;
      subresources: { status: object };
      additionalPrinterColumns: { name: string; type: string; jsonPath: string }[];
      schema: { openAPIV3Schema: CrdSchema };
    }[];
  };
}

/** Every CRD, by kind, with the name of its file. */
export function loadCrds(): Map<string, { readonly file: string; readonly crd: Crd; readonly schema: CrdSchema }> {
  const folder = path.join(root, 'crds');
  return new Map(
    readdirSync(folder).map((file) => {
      const crd = parse(readFileSync(path.join(folder, file), 'utf8')) as Crd;
      return [crd.spec.names.kind, { file, crd, schema: crd.spec.versions[0]!.schema.openAPIV3Schema }];
    }),
  );
}

/** A validator of one kind by its schema alone; what the schema does not know is refused, as `kubectl --validate` does. */
export function schemaValidator(schema: CrdSchema): ValidateFunction {
  const ajv = new Ajv({ strict: false, allErrors: true });
  for (const format of ['byte', 'date-time', 'int64']) ajv.addFormat(format, true);
  return ajv.compile(closed(schema));
}

function closed(schema: CrdSchema): object {
  const next: Record<string, unknown> = { ...schema };
  if (schema.properties !== undefined) {
    next.properties = Object.fromEntries(Object.entries(schema.properties).map(([key, value]) => [key, closed(value)]));
    next.additionalProperties = false;
  }
  if (schema.items !== undefined) next.items = closed(schema.items);
  if (schema.additionalProperties !== undefined) next.additionalProperties = closed(schema.additionalProperties);
  return next;
}

/** The documents of a YAML text. */
export function documents(text: string): { kind: string; metadata: object; spec: Record<string, unknown> }[] {
  return parseAllDocuments(text).map((document) => document.toJS() as never);
}
