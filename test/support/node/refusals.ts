import type { Kubectl } from '../kubectl.ts';
import { instance } from '../manifests.ts';

/**
 * Writes as users do, one write after the other, until `isTime`: an instance that is new (which is not stored), and a
 * change of one that is there. Returns how many there were, and what was said of those that were refused.
 */
export async function writeUntil(
  kubectl: Kubectl,
  existing: { readonly namespace: string; readonly name: string },
  isTime: () => boolean,
): Promise<{ readonly writes: number; readonly refusals: readonly string[] }> {
  const { namespace, name } = existing;
  const refusals: string[] = [];
  let writes = 0;
  while (!isTime()) {
    const created = await kubectl.try(
      ['create', '--dry-run=server', '-f', '-'],
      instance({ namespace, name: 'never-stored' }),
    );
    const change = `example.com/write=${writes}`;
    const changed = await kubectl.try(['-n', namespace, 'annotate', '--overwrite', 'serviceinstance', name, change]);
    for (const { code, stderr } of [created, changed]) if (code !== 0) refusals.push(stderr.trim());
    writes += 2;
  }
  return { writes, refusals };
}
