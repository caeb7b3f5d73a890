import { ApiError } from '../status.ts';
import type { Matcher } from '../selectors.ts';
import type { RegistryContext, Target, WriteRequest } from './context.ts';
import { deleteObject } from './delete.ts';
import type { DeleteOptions } from './delete.ts';
import { listObjects } from './list.ts';
import type { ListResult } from './list.ts';

/** So many deletions wait for one commit together. */
const AT_ONCE = 50;

/** DELETE of a collection: every object that matches; answers what was asked to go. What is gone meanwhile is fine. */
export async function deleteCollection(
  context: RegistryContext,
  target: Target,
  matches: Matcher | undefined,
  options: DeleteOptions,
  request: Pick<WriteRequest, 'user' | 'dryRun' | 'warn'>,
): Promise<ListResult> {
  const found = await listObjects(context, target, { matches, exact: false });
  for (let start = 0; start < found.items.length; start += AT_ONCE) {
    const results = await Promise.allSettled(
      found.items.slice(start, start + AT_ONCE).map(({ object }) => {
        const { name = '', namespace } = object.metadata;
        const one = { ...target, name, ...(namespace === undefined ? {} : { namespace }) };
        return deleteObject(context, one, options, request);
      }),
    );
    for (const result of results) {
      if (result.status === 'rejected' && !isGone(result.reason)) throw result.reason;
    }
  }
  return found;
}

function isGone(thrown: unknown): boolean {
  return thrown instanceof ApiError && thrown.code === 404;
}
