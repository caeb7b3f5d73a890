import { KubeApiError } from '../../../lib/kube/client.ts';
import type { KubeClient } from '../../../lib/kube/client.ts';
import type { Lease } from '../../../lib/kube/core-resources.ts';
import type { KubeObject } from '../../../lib/kube/objects.ts';

/** One Lease behind optimistic locking, with a network between it and every candidate that the test can cut. */
export class FakeLeases {
  lease: Lease | undefined;
  #version = 0;

  /** The client of one candidate. `cut` makes its requests hang, heeding no signal. */
  clientOf(network: { cut: boolean }): Pick<KubeClient, 'get' | 'create' | 'replace'> {
    const answer = async <T>(action: () => T): Promise<T> => {
      await Promise.resolve();
      if (network.cut) return new Promise<T>(() => undefined);
      return action();
    };
    const put = (lease: Lease): Lease => {
      this.#version += 1;
      this.lease = structuredClone({
        ...lease,
        metadata: { ...lease.metadata, uid: 'uid', resourceVersion: String(this.#version) },
      });
      return structuredClone(this.lease);
    };
    return {
      get: <T extends KubeObject>() => answer(() => structuredClone(this.lease) as T | undefined),
      create: <T extends KubeObject>(_resource: unknown, object: T) =>
        answer(() => {
          if (this.lease !== undefined) throw new KubeApiError(409, 'AlreadyExists', 'there is one');
          return put(object) as KubeObject as T;
        }),
      replace: <T extends KubeObject>(_resource: unknown, object: T) =>
        answer(() => {
          if (this.lease?.metadata.resourceVersion !== object.metadata.resourceVersion) {
            throw new KubeApiError(409, 'Conflict', 'changed');
          }
          return put(object) as KubeObject as T;
        }),
    };
  }
}
