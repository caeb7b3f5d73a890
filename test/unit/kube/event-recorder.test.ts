import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, test } from '@jest/globals';
import { KubeApiError } from '../../../lib/kube/client.ts';
import type { KubeClient } from '../../../lib/kube/client.ts';
import type { Event } from '../../../lib/kube/core-resources.ts';
import { EventRecorder } from '../../../lib/kube/event-recorder.ts';
import type { KubeObject } from '../../../lib/kube/objects.ts';
import { silentLogger } from '../../../lib/runtime/log.ts';
import { eventually } from '../../support/wait.ts';
import { FakeClock } from './fake-clock.ts';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

const instance: KubeObject = {
  apiVersion: 'servicecatalog.k8s.io/v1beta1',
  kind: 'ServiceInstance',
  metadata: { namespace: 'test-ns', name: 'db', uid: 'u1', resourceVersion: '7' },
};
const failed = { type: 'Warning', reason: 'ProvisionCallFailed', message: 'the broker did not answer' } as const;

/** The events of an API server, and how it fails when it does. */
function anApi() {
  const events = new Map<string, Event>();
  const state = { writes: 0, failure: undefined as Error | undefined };
  const attempt = (): void => {
    state.writes += 1;
    if (state.failure !== undefined) throw state.failure;
  };
  const client: Pick<KubeClient, 'create' | 'patch'> = {
    create: async <T extends KubeObject>(_resource: unknown, object: T) => {
      attempt();
      events.set(object.metadata.name!, structuredClone(object) as KubeObject as Event);
      return object;
    },
    patch: async <T extends KubeObject>(_resource: unknown, key: { name: string }, patch: { body: object }) => {
      attempt();
      const event = events.get(key.name);
      if (event === undefined) throw new KubeApiError(404, 'NotFound', 'gone');
      Object.assign(event, patch.body);
      return event as KubeObject as T;
    },
  };
  return { events, state, client };
}

function aRecorder(api = anApi()) {
  const clock = new FakeClock();
  const recorder = new EventRecorder({
    client: api.client,
    component: 'catalog-controller',
    instance: 'host-1',
    log: silentLogger(),
    clock,
  });
  return { ...api, clock, recorder };
}

describe('the event recorder', () => {
  test('writes an event that kubectl describe can show', async () => {
    const { recorder, events } = aRecorder();
    recorder.record(instance, failed);
    await recorder.flush();
    expect([...events.values()]).toEqual([
      expect.objectContaining({
        metadata: { namespace: 'test-ns', name: expect.stringMatching(/^db\.[0-9a-f]{16}$/) },
        involvedObject: {
          apiVersion: 'servicecatalog.k8s.io/v1beta1',
          kind: 'ServiceInstance',
          namespace: 'test-ns',
          name: 'db',
          uid: 'u1',
          resourceVersion: '7',
        },
        ...failed,
        count: 1,
        firstTimestamp: '2026-01-01T00:00:00Z',
        lastTimestamp: '2026-01-01T00:00:00Z',
        source: { component: 'catalog-controller', host: 'host-1' },
      }),
    ]);
  });

  test('an event about a cluster-wide object is kept in the default namespace', async () => {
    const { recorder, events } = aRecorder();
    recorder.record({ kind: 'ClusterServiceBroker', metadata: { name: 'broker', uid: 'u2' } }, failed);
    await recorder.flush();
    expect([...events.values()][0]).toMatchObject({ metadata: { namespace: 'default' } });
    expect([...events.values()][0]?.involvedObject).not.toHaveProperty('namespace');
  });

  test('the same reason again raises the count of one event, which has the newest message', async () => {
    const { recorder, events, clock } = aRecorder();
    for (let time = 0; time < 3; time++) {
      recorder.record(instance, { ...failed, message: `attempt ${time + 1} failed` });
      await recorder.flush();
      await clock.advance(1_000);
    }
    recorder.record(instance, { ...failed, reason: 'ErrorCallingProvision' });
    await recorder.flush();
    expect([...events.values()].map(({ count, lastTimestamp, message }) => [count, lastTimestamp, message])).toEqual([
      [3, '2026-01-01T00:00:02Z', 'attempt 3 failed'],
      [1, '2026-01-01T00:00:03Z', failed.message],
    ]);
  });

  test('what happens in one second is listed by name in the order in which it happened', async () => {
    const { recorder, events } = aRecorder();
    const reasons = Array.from({ length: 20 }, (_, n) => `Reason${n}`);
    for (const reason of reasons) recorder.record(instance, { ...failed, reason });
    await recorder.flush();
    const names = [...events.keys()].sort();
    expect(names.map((name) => events.get(name)?.reason)).toEqual(reasons);
  });

  test('what happens often while a write waits becomes one write', async () => {
    const { recorder, events, state } = aRecorder();
    for (let time = 0; time < 500; time++) recorder.record(instance, failed);
    await recorder.flush();
    expect(state.writes).toBeLessThanOrEqual(2);
    expect([...events.values()].map(({ count }) => count)).toEqual([500]);
  });

  test('one object cannot flood the API, and gets its say again later', async () => {
    const { recorder, events, clock } = aRecorder();
    for (let n = 0; n < 200; n++) recorder.record(instance, { ...failed, reason: `Failure${n}` });
    recorder.record({ kind: 'ServiceInstance', metadata: { namespace: 'test-ns', name: 'calm', uid: 'u3' } }, failed);
    await recorder.flush();
    expect(events.size).toBe(26);
    await clock.advance(60_000);
    recorder.record(instance, { ...failed, reason: 'Later' });
    await recorder.flush();
    expect(events.size).toBe(27);
  });

  test('an event the server has deleted meanwhile is written anew, with its count', async () => {
    const { recorder, events } = aRecorder();
    recorder.record(instance, failed);
    await recorder.flush();
    events.clear();
    recorder.record(instance, failed);
    await recorder.flush();
    expect([...events.values()].map(({ count }) => count)).toEqual([2]);
  });

  test('a server that refuses or hangs costs the event, nothing else', async () => {
    const { recorder, events, state } = aRecorder();
    state.failure = new KubeApiError(403, 'Forbidden', 'the namespace is being terminated');
    recorder.record(instance, failed);
    await recorder.flush();
    state.failure = undefined;
    recorder.record(instance, failed);
    await recorder.flush();
    expect([...events.values()].map(({ count }) => count)).toEqual([2]);

    const hanging = aRecorder({
      ...anApi(),
      client: { ...anApi().client, create: () => new Promise(() => undefined) },
    });
    hanging.recorder.record(instance, failed);
    const stopping = hanging.recorder.stop(2_000);
    await hanging.clock.advance(2_000);
    await expect(stopping).resolves.toBeUndefined();
  });

  test('a message beyond what servers accept is cut', async () => {
    const { recorder, events } = aRecorder();
    recorder.record(instance, { ...failed, message: 'x'.repeat(5_000) });
    await recorder.flush();
    expect([...events.values()][0]?.message).toHaveLength(1024);
  });

  test('what is remembered of an object is who it is, not its whole state', async () => {
    const { recorder, events } = aRecorder();
    const recordOne = (): WeakRef<object> => {
      const object = { ...instance, spec: { parameters: { large: 'x'.repeat(1_000) } } };
      recorder.record(object, failed);
      return new WeakRef(object);
    };
    const state = recordOne();
    await recorder.flush();
    await eventually(
      'the state to be given up',
      () => {
        collectGarbage();
        return state.deref() === undefined;
      },
      { timeoutMs: 5_000, everyMs: 5 },
    );
    recorder.record(instance, failed);
    await recorder.flush();
    expect([...events.values()].map(({ count }) => count)).toEqual([2]);
  });
});
