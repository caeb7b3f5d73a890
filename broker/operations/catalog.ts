import type { Answer, OperationContext } from './context.ts';

/** `GET /v2/catalog` (spec.md "Catalog Management"). */
export function fetchCatalog({ catalog }: OperationContext): Answer {
  return { status: 200, body: { ...catalog.wire }, etag: catalog.etag };
}
