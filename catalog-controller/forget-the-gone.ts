import { SCOPES } from '../lib/catalog/scope.ts';
import { parseKey } from '../lib/kube/objects.ts';
import { toError } from '../lib/runtime/errors.ts';
import type { Context } from './context.ts';

/** What is remembered about an object goes with it. Returns how to end that, for the memory of another term is another. */
export function forgetTheGone({
  caches,
  memory,
  catalogs,
  brokers,
  log,
}: Pick<Context, 'caches' | 'memory' | 'catalogs' | 'brokers' | 'log'>): () => void {
  const ends = [
    ...caches.all.map((informer) =>
      informer.onChange(({ type, object }) => {
        if (type !== 'deleted') return;
        memory.forget(object.metadata.uid ?? '');
        catalogs.forget(object.metadata.uid ?? '');
      }),
    ),
    ...SCOPES.map((scope) =>
      caches.scopes[scope.name].brokers.onChange(({ type, key }) => {
        if (type !== 'deleted') return;
        brokers.forget(scope, parseKey(key)).catch((thrown: unknown) => {
          log.warn({ err: toError(thrown), broker: key }, 'the connections to a broker that is gone did not close');
        });
      }),
    ),
  ];
  return () => {
    for (const end of ends) end();
  };
}
