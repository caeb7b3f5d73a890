import { again } from '../lib/kube/controller.ts';
import type { Result } from '../lib/kube/controller.ts';
import type { Context } from './context.ts';

/**
 * Everything is looked at again once in a while, spread in time, whatever the watches told or failed to tell. A pass
 * that finds nothing to do costs no request.
 */
export function withResync({ clock, random, settings }: Context, result: Result): Result {
  if (result.type !== 'done' && result.type !== 'again') return result;
  const latest = clock.now() + settings.resyncIntervalMs * (0.75 + random() / 2);
  return again(result.type === 'again' ? Math.min(result.at, latest) : latest);
}
