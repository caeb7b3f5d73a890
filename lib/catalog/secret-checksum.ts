import { createHash } from 'node:crypto';
import type { Secret } from '../kube/core-resources.ts';
import { API_GROUP } from './resources.ts';

/** On the Secrets of bindings: SHA-256 of their data as the controllers wrote it, by which a change by hand is noticed. */
export const DATA_CHECKSUM = `${API_GROUP}/data-checksum`;

/** What {@link DATA_CHECKSUM} must be for this data (values in base64); the order of the keys does not count. */
export function dataChecksum(data: Secret['data']): string {
  const entries = Object.entries(data ?? {}).sort(([a], [b]) => (a < b ? -1 : 1));
  return createHash('sha256').update(JSON.stringify(entries)).digest('hex');
}

/**
 * Whether somebody changed the data of a binding's Secret after the controllers wrote it. The original Service Catalog
 * noted no checksum; its Secrets are taken as they are.
 */
export function isAltered({ metadata, data }: Secret): boolean {
  const written = metadata.annotations?.[DATA_CHECKSUM];
  return written !== undefined && written !== dataChecksum(data);
}
