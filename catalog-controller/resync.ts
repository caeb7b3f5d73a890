import { again } from '../lib/kube/controller.ts';
import type { Result } from '../lib/kube/controller.ts';
import type { Context } from './context.ts';

/**
 * Everything is looked at again once in a while, spread in time, whatever the watches told or failed to tell. A pass
 * that finds nothing to do costs no request.
 */
export function withResync(context: Context, result: Result): Result {
  if (result.type !== 'done' && result.type !== 'again') return result;
  const latest = nextResync(context);
  return again(result.type === 'again' ? Math.min(result.at, latest) : latest);
}

/** When to look again at something that is well, milliseconds. */
export function nextResync({ clock, random, settings }: Pick<Context, 'clock' | 'random' | 'settings'>): number {
  return Math.round(clock.now() + settings.resyncIntervalMs * (0.75 + random() / 2));
}
