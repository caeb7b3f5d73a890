import type { ServiceInstance } from '../../../../lib/catalog/types.generated.ts';
import { passBinding } from './binding-pass.ts';
import { FINE } from './circumstances.ts';
import type { Circumstances, Passed } from './circumstances.ts';
import { passInstance } from './instance-pass.ts';
import { ModelApiServer } from './model-api-server.ts';
import { ModelBroker } from './model-broker.ts';
import { ModelProcess } from './model-process.ts';
import type { Surroundings } from './surroundings.ts';

/**
 * An API server, a broker and the process between them, in memory. `pass` runs one pass of the real decisions on one
 * object under given circumstances; the other methods are what users, brokers and fate do.
 */
export class World implements Surroundings {
  readonly api = new ModelApiServer();
  readonly broker = new ModelBroker();
  readonly process = new ModelProcess(this.api);
  readonly instances = this.api.instances;
  readonly bindings = this.api.bindings;
  readonly secrets = this.api.secrets;
  classExists = true;
  retrievable = false;
  brokerObject: 'present' | 'deleting' | 'gone' = 'present';

  get now(): number {
    return this.api.now;
  }
  set now(now: number) {
    this.api.now = now;
  }

  // What users do.

  createInstance(name: string): void {
    const spec = { clusterServiceClassExternalName: 'class', clusterServicePlanExternalName: 'small' };
    this.api.create(this.instances, name, spec);
  }

  editInstance(name: string, change: 'parameters' | 'plan' | 'bump', value: number): void {
    this.api.edit(this.instances, name, (spec) =>
      change === 'parameters'
        ? withParameters(spec, value)
        : change === 'plan'
          ? { ...spec, clusterServicePlanExternalName: value % 2 === 0 ? 'small' : 'large' }
          : { ...spec, updateRequests: (spec.updateRequests ?? 0) + 1 },
    );
  }

  createBinding(name: string, instance: string): void {
    this.api.create(this.bindings, name, { instanceRef: { name: instance } });
  }

  deleteInstance(name: string): void {
    this.api.delete(this.instances, name);
  }

  deleteBinding(name: string): void {
    this.api.delete(this.bindings, name);
  }

  /** Somebody makes, changes or deletes a Secret of the binding's name by hand. */
  meddleWithSecret(name: string, how: 'foreign' | 'delete' | 'edit'): void {
    const secret = this.secrets.get(name);
    if (how === 'foreign' && secret === undefined) this.secrets.set(name, { owner: 'foreign', data: 'theirs' });
    if (how === 'delete') this.secrets.delete(name);
    if (how === 'edit' && secret !== undefined && secret.owner !== 'foreign') {
      this.secrets.set(name, { ...secret, data: 'edited' });
    }
  }

  deleteBrokerObject(): void {
    if (this.brokerObject === 'present') this.brokerObject = 'deleting';
    this.#removeBrokerIfUnused();
  }

  // What fate does.

  /** The process dies and another one starts. */
  crash(): void {
    this.process.crash();
  }

  /** One pass over one object. */
  pass(kind: 'instance' | 'binding', name: string, given: Partial<Circumstances> = {}): Passed {
    const passOver = kind === 'instance' ? passInstance : passBinding;
    const result = passOver(this, name, { ...FINE, ...given });
    this.#removeBrokerIfUnused();
    return result;
  }

  /** The decision about brokers, in short: it goes when nothing at the broker is known to need it. */
  #removeBrokerIfUnused(): void {
    if (this.brokerObject !== 'deleting') return;
    const isUsed = this.instances.names().some((name) => {
      const required = this.instances.current(name)?.status?.deprovisionStatus;
      return required === 'Required' || required === 'Failed';
    });
    if (!isUsed) this.brokerObject = 'gone';
  }
}

function withParameters(spec: ServiceInstance['spec'], value: number): ServiceInstance['spec'] {
  if (value === 0) {
    const { parameters: _, ...rest } = spec;
    return rest;
  }
  return { ...spec, parameters: { size: value } };
}
