import { describe, expect, test } from '@jest/globals';
import { CatalogMemory } from '../../../catalog-controller/broker/fetch-catalog.ts';
import type { Context } from '../../../catalog-controller/context.ts';
import { forgetTheGone } from '../../../catalog-controller/forget-the-gone.ts';
import { releaseObject } from '../../../catalog-controller/kubernetes/release.ts';
import { Memory } from '../../../catalog-controller/memory.ts';
import type { Change } from '../../../lib/kube/informer.ts';
import { KubeApiError } from '../../../lib/kube/client.ts';
import type { KubeObject } from '../../../lib/kube/objects.ts';
import { silentLogger } from '../../../lib/runtime/log.ts';

type Handler = (change: Change<KubeObject>) => void;

/** As much of an informer as is listened to. */
class Source {
  readonly handlers = new Set<Handler>();
  onChange(handler: Handler): () => void {
    this.handlers.add(handler);
    return () => this.handlers.delete(handler);
  }
  gone(key: string, uid: string): void {
    for (const handler of this.handlers) handler({ type: 'deleted', key, object: { metadata: { uid } } });
  }
}

function setting() {
  const [cluster, namespaced, instances] = [new Source(), new Source(), new Source()] as const;
  const memory = new Memory();
  const forgotten: string[] = [];
  const context = {
    memory,
    catalogs: new CatalogMemory(),
    log: silentLogger(),
    caches: {
      all: [cluster, namespaced, instances],
      scopes: { cluster: { brokers: cluster }, namespace: { brokers: namespaced } },
    },
    brokers: {
      forget: async ({ name }: { name: string }, key: object) => void forgotten.push(`${name} ${JSON.stringify(key)}`),
    },
  } as unknown as Context;
  return { cluster, namespaced, instances, memory, forgotten, context };
}

describe('what is remembered', () => {
  test('goes with its object, and clients with their brokers', () => {
    const { cluster, namespaced, instances, memory, forgotten, context } = setting();
    forgetTheGone(context);
    memory.pollAt('uid', 5);
    instances.gone('ns/db', 'uid');
    expect(memory.nextPollAt('uid')).toBeUndefined();
    cluster.gone('one', 'a');
    namespaced.gone('ns/two', 'b');
    expect(forgotten).toEqual(['cluster {"name":"one"}', 'namespace {"namespace":"ns","name":"two"}']);
  });

  test('is listened for as long as the term lasts', () => {
    const { cluster, namespaced, instances, context } = setting();
    forgetTheGone(context)();
    expect([cluster, namespaced, instances].map(({ handlers }) => handlers.size)).toEqual([0, 0, 0]);
  });
});

describe('an object that is released', () => {
  const object = { metadata: { namespace: 'ns', name: 'db', uid: 'uid', resourceVersion: '1' } };

  /** `inCopy`: the copy still shows the object when the answer comes. */
  async function released(
    inCopy: boolean,
    patch: (memory: Memory) => void = () => undefined,
  ): Promise<{ readonly memory: Memory; readonly thrown: unknown }> {
    const memory = new Memory();
    const store = {
      client: {
        patch: async () => {
          patch(memory);
          return object;
        },
      },
      cache: { resource: {}, observeWrite: () => undefined, get: () => (inCopy ? object : undefined) },
    };
    const thrown = await releaseObject(memory, store as never, object).catch((error: unknown) => error);
    return { memory, thrown };
  }

  test('is known to be over as long as the copy shows it, from before it is', async () => {
    let before = false;
    const { memory } = await released(true, (seen) => {
      before = seen.isReleased('uid');
    });
    expect([before, memory.isReleased('uid')]).toEqual([true, true]);
    memory.forget('uid');
    expect(memory.isReleased('uid')).toBe(false);
  });

  test.each<[string, (memory: Memory) => void]>([
    [
      'while it is released',
      (memory) => {
        memory.forget('uid');
      },
    ],
    ['before', () => undefined],
  ])('leaves nothing when the news of its end come %s', async (_when, news) => {
    const { memory } = await released(false, news);
    expect(memory.isReleased('uid')).toBe(false);
  });

  test('is not over when that failed', async () => {
    const { memory, thrown } = await released(true, () => {
      throw new KubeApiError(500, 'InternalError', 'no');
    });
    expect(thrown).toBeInstanceOf(KubeApiError);
    expect(memory.isReleased('uid')).toBe(false);
  });
});
