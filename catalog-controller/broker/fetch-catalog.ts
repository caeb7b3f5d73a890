import type { CatalogAnswer, OsbClient } from '../../lib/osb/client-contract.ts';
import type { Outcome } from '../../lib/osb/outcome.ts';
import type { Catalog } from '../../lib/osb/types.ts';

/** Catalogs that came with an ETag, by uid of the broker. With 304 the one at hand is published again. */
export class CatalogMemory {
  readonly #known = new Map<string, { readonly etag: string; readonly catalog: Catalog }>();

  etagOf(uid: string): string | undefined {
    return this.#known.get(uid)?.etag;
  }

  catalogOf(uid: string): Catalog | undefined {
    return this.#known.get(uid)?.catalog;
  }

  learn(uid: string, answer: Extract<CatalogAnswer, { modified: true }>): void {
    if (answer.etag === undefined) this.#known.delete(uid);
    else this.#known.set(uid, { etag: answer.etag, catalog: answer.catalog });
  }

  forget(uid: string): void {
    this.#known.delete(uid);
  }
}

/** The catalog of a broker as it is now, fetched only if it has changed since the last time. */
export async function fetchCatalog(
  memory: CatalogMemory,
  uid: string,
  client: OsbClient,
  signal: AbortSignal,
): Promise<Outcome<Catalog>> {
  const etag = memory.etagOf(uid);
  const outcome = await client.getCatalog({ signal, ...(etag === undefined ? {} : { etag }) });
  if (outcome.kind !== 'success') {
    return outcome.kind === 'accepted'
      ? { kind: 'nonsense', status: 202, message: 'the broker answered 202' }
      : outcome;
  }
  if (outcome.body.modified) {
    memory.learn(uid, outcome.body);
    return { ...outcome, body: outcome.body.catalog };
  }
  const known = memory.catalogOf(uid);
  return known === undefined
    ? { kind: 'nonsense', status: 304, message: 'the broker answered 304 although nothing was known yet' }
    : { ...outcome, body: known };
}
