import type { KubeObject } from '../lib/kube/objects.ts';
import type { Column, Kind } from './kinds/kind.ts';

/** How much of the object comes along with its row. */
export type IncludeObject = 'None' | 'Metadata' | 'Object';

/** `meta.k8s.io/v1` Table: what `kubectl get` prints. */
export interface Table {
  readonly kind: 'Table';
  readonly apiVersion: 'meta.k8s.io/v1';
  readonly metadata: object;
  readonly columnDefinitions: readonly object[];
  readonly rows: readonly object[];
}

const NAME_COLUMN = {
  name: 'Name',
  type: 'string',
  format: 'name',
  description: 'Name of the object, unique in its namespace or in the cluster.',
  priority: 0,
};

/** The rows of some objects; `now` in milliseconds is what ages are counted to. */
export function tableOf(
  kind: Kind,
  objects: readonly KubeObject[],
  metadata: object,
  include: IncludeObject,
  now: number,
): Table {
  // The name comes first, except where a built-in kind has another place for it, as Event has.
  const named = kind.custom || !kind.columns.some(({ name }) => name === NAME_COLUMN.name);
  return {
    kind: 'Table',
    apiVersion: 'meta.k8s.io/v1',
    metadata,
    columnDefinitions: [...(named ? [NAME_COLUMN] : []), ...kind.columns.map(definitionOf)],
    rows: objects.map((object) => ({
      cells: [
        ...(named ? [object.metadata.name] : []),
        ...kind.columns.map((column) => column.cell(object, now) ?? null),
      ],
      ...objectOf(object, include),
    })),
  };
}

function definitionOf(column: Column): object {
  return {
    name: column.name,
    type: column.type,
    format: column.format ?? '',
    description: column.description,
    priority: column.priority,
  };
}

function objectOf(object: KubeObject, include: IncludeObject): { object?: object } {
  switch (include) {
    case 'None':
      return {};
    case 'Metadata':
      return { object: partialMetadata(object) };
    case 'Object':
      return { object };
  }
}

/** The object's metadata alone, as garbage collectors watch it. */
export function partialMetadata(object: KubeObject): object {
  return { kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1', metadata: object.metadata };
}
