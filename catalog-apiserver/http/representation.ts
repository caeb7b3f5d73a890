import type { KubeObject } from '../../lib/kube/objects.ts';
import { apiVersionOf } from '../../lib/kube/objects.ts';
import type { Kind } from '../kinds/kind.ts';
import type { ListResult } from '../registry/list.ts';
import type { StoredObject } from '../storage/stored-object.ts';
import { partialMetadata, tableOf } from '../table.ts';
import type { IncludeObject } from '../table.ts';
import type { Representation } from './negotiate.ts';

/** How objects of one request are shown. */
export interface View {
  readonly kind: Kind;
  readonly as: Representation['as'];
  readonly include: IncludeObject;
  /** What ages are counted to, milliseconds. */
  readonly now: number;
}

/** One object as JSON text; as it is stored, its text is used as it is. */
export function encodeObject(stored: StoredObject, view: View): string {
  switch (view.as) {
    case 'Object':
      return stored.json;
    case 'Partial':
      return JSON.stringify(partialMetadata(stored.object));
    case 'Table':
      return JSON.stringify(tableOf(view.kind, [stored.object], tableMetadata(stored.object), view.include, view.now));
  }
}

function tableMetadata(object: KubeObject): object {
  const { resourceVersion } = object.metadata;
  return resourceVersion === undefined ? {} : { resourceVersion };
}

/** A list as JSON text, put together from the texts of its objects. */
export function encodeList(result: ListResult, view: View): string {
  const metadata = {
    resourceVersion: String(result.revision),
    ...(result.continueToken === undefined ? {} : { continue: result.continueToken }),
    ...(result.remaining === undefined || result.remaining === 0 ? {} : { remainingItemCount: result.remaining }),
  };
  const objects = result.items;
  if (view.as === 'Table') {
    const rows = objects.map((stored) => stored.object);
    return JSON.stringify(tableOf(view.kind, rows, metadata, view.include, view.now));
  }
  const type =
    view.as === 'Partial'
      ? { kind: 'PartialObjectMetadataList', apiVersion: 'meta.k8s.io/v1' }
      : { kind: view.kind.listKind, apiVersion: apiVersionOf(view.kind.resource) };
  const items = objects.map((stored) => encodeObject(stored, view)).join(',');
  return `${JSON.stringify({ ...type, metadata }).slice(0, -1)},"items":[${items}]}`;
}
