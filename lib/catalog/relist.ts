/** Catalogs are not read more often than this by themselves, milliseconds: each reading writes to the API server. */
export const MINIMUM_RELIST_MS = 30_000;
