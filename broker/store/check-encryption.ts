import { UsageError } from '../../lib/runtime/errors.ts';
import { labelsInUse } from './bindings.ts';
import type { Cipher } from './cipher.ts';
import type { Database } from './database.ts';

const CANARY = 'service-catalog';

/**
 * Makes sure that every configured key is the one its label meant when it was first used with this store, and that no
 * key is missing which stored secrets still need.
 * @throws UsageError that names the key.
 */
export async function checkEncryption(database: Database, cipher: Cipher): Promise<void> {
  for (const label of cipher.labels) {
    const place = { table: 'encryption_keys', row: label, column: 'canary' };
    await database.query('INSERT INTO broker.encryption_keys (label, canary) VALUES ($1, $2) ON CONFLICT DO NOTHING', [
      label,
      cipher.encryptWith(label, CANARY, place),
    ]);
    const { rows } = await database.query<{ canary: string }>(
      'SELECT canary FROM broker.encryption_keys WHERE label = $1',
      [label],
    );
    try {
      cipher.decrypt(rows[0]?.canary ?? '', place);
    } catch {
      throw new UsageError(
        `The encryption key "${label}" is not the one this store was used with before. Give the old key back, or a new key another label in front of the old one.`,
      );
    }
  }
  const missing = (await labelsInUse(database)).filter((label) => !cipher.labels.includes(label));
  if (missing.length > 0) {
    throw new UsageError(
      `Secrets in the store are encrypted with the key "${missing.join('", "')}", which is not in the configuration. Add it after the first one.`,
    );
  }
}
