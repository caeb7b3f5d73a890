import { bindingStatusFaults } from '../../../../lib/catalog/admission/binding-status.ts';
import { formatTime } from '../../../../lib/catalog/conditions.ts';
import { FINALIZER } from '../../../../lib/catalog/resources.ts';
import type { ServiceBinding, ServiceInstance } from '../../../../lib/catalog/types.generated.ts';
import { Versions } from './versions.ts';

/** What is stored with a status and a finalizer of ours. */
export type Stored = ServiceInstance | ServiceBinding;

interface ModelSecret {
  /** uid of the binding, or `foreign`. */
  readonly owner: string;
  readonly data: string;
}

/** An API server in memory, with its clock: instances, bindings and Secrets of one namespace. */
export class ModelApiServer {
  now = Date.parse('2026-01-01T00:00:00Z');
  readonly instances = new Versions<ServiceInstance>();
  readonly bindings = new Versions<ServiceBinding>();
  readonly secrets = new Map<string, ModelSecret>();
  #count = 0;

  // What users ask for.

  create<T extends Stored>(store: Versions<T>, name: string, spec: T['spec']): void {
    if (store.current(name) !== undefined) return;
    const metadata = {
      name,
      namespace: 'ns',
      uid: `${name}-${++this.#count}`,
      generation: 1,
      creationTimestamp: formatTime(new Date(this.now)),
      resourceVersion: this.#rv(),
    };
    store.write(name, { metadata, spec } as T, false);
  }

  edit<T extends Stored>(store: Versions<T>, name: string, change: (spec: T['spec']) => T['spec']): void {
    const current = store.current(name);
    if (current === undefined) return;
    const { metadata } = current;
    store.write(
      name,
      {
        ...current,
        spec: change(current.spec),
        metadata: { ...metadata, generation: (metadata.generation ?? 1) + 1, resourceVersion: this.#rv() },
      },
      false,
    );
  }

  delete<T extends Stored>(store: Versions<T>, name: string): void {
    const current = store.current(name);
    if (current === undefined || current.metadata.deletionTimestamp !== undefined) return;
    if ((current.metadata.finalizers ?? []).length === 0) {
      store.write(name, undefined, false);
      return;
    }
    const { metadata } = current;
    store.write(
      name,
      {
        ...current,
        metadata: {
          ...metadata,
          deletionTimestamp: formatTime(new Date(this.now)),
          generation: (metadata.generation ?? 1) + 1,
          resourceVersion: this.#rv(),
        },
      },
      false,
    );
  }

  // What the process asks for.

  /** Replaces the status; when `conditional`, only if the object is still as it was seen. */
  updateStatus<T extends Stored>(
    store: Versions<T>,
    seen: T,
    status: T['status'],
    conditional: boolean,
  ): 'written' | 'gone' | 'conflict' {
    const name = seen.metadata.name ?? '';
    const current = store.current(name);
    if (current?.metadata.uid !== seen.metadata.uid || current === undefined) return 'gone';
    if (conditional && current.metadata.resourceVersion !== seen.metadata.resourceVersion) return 'conflict';
    if (store === (this.bindings as unknown)) {
      const faults = bindingStatusFaults((status ?? {}) as NonNullable<ServiceBinding['status']>);
      if (faults.length > 0) throw new Error(`admission refuses the status: ${JSON.stringify(faults)}`);
    }
    store.write(name, { ...current, status, metadata: { ...current.metadata, resourceVersion: this.#rv() } }, true);
    return 'written';
  }

  /** Puts the finalizer on, and `spec` over the object's, if it is still as it was seen. */
  adopt<T extends Stored>(store: Versions<T>, seen: T, spec: object): 'written' | 'conflict' {
    const name = seen.metadata.name ?? '';
    const current = store.current(name);
    if (current?.metadata.resourceVersion !== seen.metadata.resourceVersion || current === undefined) return 'conflict';
    const { metadata } = current;
    store.write(
      name,
      {
        ...current,
        spec: { ...current.spec, ...spec },
        metadata: {
          ...metadata,
          finalizers: [FINALIZER],
          generation: (metadata.generation ?? 1) + 1,
          resourceVersion: this.#rv(),
        },
      },
      true,
    );
    return 'written';
  }

  /** Takes the finalizer off, and with it the object. */
  release<T extends Stored>(store: Versions<T>, seen: T): void {
    const name = seen.metadata.name ?? '';
    const current = store.current(name);
    if (current?.metadata.uid !== seen.metadata.uid) return;
    if (current?.metadata.deletionTimestamp === undefined) throw new Error(`${name} is released but not being deleted`);
    store.write(name, undefined, true);
    // The garbage collector: what the binding owns goes with it.
    if (this.secrets.get(name)?.owner === seen.metadata.uid) this.secrets.delete(name);
  }

  #rv(): string {
    return String(++this.#count);
  }
}
