import { access, constants, mkdir } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * Where downloads that every checkout may share are kept: `$XDG_CACHE_HOME/service-catalog`, else
 * `~/.cache/service-catalog`. Everything in it can be deleted at any time and is fetched again.
 */
export function cacheFolder(environment: Readonly<Record<string, string | undefined>>, home: string): string {
  const base = environment['XDG_CACHE_HOME'];
  return join(base !== undefined && base.startsWith('/') ? base : join(home, '.cache'), 'service-catalog');
}

/** The first of the folders that can be written to, made when absent; a service account may have no home. */
export async function firstUsableFolder(folders: readonly string[]): Promise<string> {
  for (const folder of folders) {
    try {
      await mkdir(folder, { recursive: true, mode: 0o700 });
      await access(folder, constants.W_OK | constants.X_OK);
      return folder;
    } catch {
      // The next one.
    }
  }
  throw new Error(`none of these folders can be written to: ${folders.join(', ')}`);
}
