import { join } from 'node:path';

/**
 * Where downloads that every checkout may share are kept: `$XDG_CACHE_HOME/service-catalog`, else
 * `~/.cache/service-catalog`. Everything in it can be deleted at any time and is fetched again.
 */
export function cacheFolder(environment: Readonly<Record<string, string | undefined>>, home: string): string {
  const base = environment['XDG_CACHE_HOME'];
  return join(base !== undefined && base.startsWith('/') ? base : join(home, '.cache'), 'service-catalog');
}
