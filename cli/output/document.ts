import { stringify } from 'yaml';
import type { KubeObject } from '../../lib/kube/objects.ts';

export type OutputFormat = 'table' | 'json' | 'yaml';

/** Objects as a program reads them: one by itself, several (or a list that was asked for) as a List. */
export function documentOf(objects: readonly KubeObject[], single: boolean, format: 'json' | 'yaml'): string {
  const [first] = objects;
  const document =
    single && first !== undefined && objects.length === 1
      ? first
      : { apiVersion: 'v1', kind: 'List', metadata: {}, items: objects };
  return format === 'json' ? `${JSON.stringify(document, undefined, 2)}\n` : yamlOf(document);
}

/** A value as YAML, as users write it in their manifests. */
export function yamlOf(value: unknown): string {
  return stringify(value, { lineWidth: 0, aliasDuplicateObjects: false });
}
