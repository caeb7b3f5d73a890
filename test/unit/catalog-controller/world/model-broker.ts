import type { Outcome } from '../../../../lib/osb/outcome.ts';
import type {
  BindResponse,
  DeprovisionResponse,
  JsonObject,
  LastOperation,
  ProvisionResponse,
  UnbindResponse,
  UpdateInstanceResponse,
} from '../../../../lib/osb/types.ts';

/** What goes wrong with one call. `…After`: the broker acts and the answer is lost; `…Before`: it does not act. */
export type Fault =
  | 'none'
  | 'async'
  | 'bad-request'
  | 'unprocessable'
  | 'too-many'
  | 'conflict'
  | 'concurrency'
  | 'error-before'
  | 'error-after'
  | 'timeout-before'
  | 'timeout-after'
  | 'unreachable'
  | 'redirect'
  | 'nonsense-after';

export const FAULTS: readonly Fault[] = [
  'none',
  'async',
  'bad-request',
  'unprocessable',
  'too-many',
  'conflict',
  'concurrency',
  'error-before',
  'error-after',
  'timeout-before',
  'timeout-after',
  'unreachable',
  'redirect',
  'nonsense-after',
];

interface Pending {
  readonly kind: 'create' | 'update' | 'delete';
  readonly apply: () => void;
}

interface Thing {
  plan: string;
  parameters: string;
  instance?: string;
  /** Of bindings: what is handed out. */
  credentials?: string;
  pending?: Pending;
  lastState?: LastOperation['state'];
}

type Failed = Exclude<Outcome<never>, { kind: 'success' | 'accepted' }>;

/** A broker that keeps the protocol's promises about ids, and breaks down as it is told to. */
export class ModelBroker {
  readonly instances = new Map<string, Thing>();
  readonly bindings = new Map<string, Thing>();
  /** How operations on things that are gone by now ended. */
  readonly #ended = new Map<string, LastOperation['state']>();
  #credentials = 0;

  provision(id: string, plan: string, parameters: JsonObject | undefined, fault: Fault): Outcome<ProvisionResponse> {
    const wanted = JSON.stringify(parameters ?? {});
    return this.#call(fault, () => {
      const existing = this.instances.get(id);
      if (existing !== undefined) {
        if (existing.plan !== plan || existing.parameters !== wanted) return rejected(409);
        if (existing.pending?.kind === 'create') return { kind: 'accepted', operation: 'create', body: {} };
        return existing.pending === undefined ? { kind: 'success', status: 200, body: {} } : concurrency();
      }
      const thing: Thing = { plan, parameters: wanted };
      this.instances.set(id, thing);
      if (fault !== 'async') return { kind: 'success', status: 201, body: {} };
      thing.pending = { kind: 'create', apply: () => undefined };
      return { kind: 'accepted', operation: 'create', body: {} };
    });
  }

  update(
    id: string,
    plan: string | undefined,
    parameters: JsonObject | undefined,
    fault: Fault,
  ): Outcome<UpdateInstanceResponse> {
    return this.#call(fault, () => {
      const thing = this.instances.get(id);
      if (thing === undefined) return rejected(404);
      if (thing.pending !== undefined) return concurrency();
      const apply = (): void => {
        thing.plan = plan ?? thing.plan;
        if (parameters !== undefined) thing.parameters = JSON.stringify(parameters);
      };
      if (fault !== 'async') {
        apply();
        return { kind: 'success', status: 200, body: {} };
      }
      thing.pending = { kind: 'update', apply };
      return { kind: 'accepted', operation: 'update', body: {} };
    });
  }

  deprovision(id: string, fault: Fault): Outcome<DeprovisionResponse> {
    for (const [name, binding] of this.bindings) {
      if (binding.instance === id && this.instances.has(id)) {
        throw new Error(`instance ${id} is being removed while binding ${name} exists`);
      }
    }
    return this.#delete(this.instances, id, fault);
  }

  bind(
    id: string,
    instance: string,
    plan: string,
    parameters: JsonObject | undefined,
    fault: Fault,
  ): Outcome<BindResponse> {
    const wanted = JSON.stringify(parameters ?? {});
    return this.#call(fault, () => {
      const existing = this.bindings.get(id);
      if (existing !== undefined) {
        if (existing.parameters !== wanted || existing.instance !== instance) return rejected(409);
        if (existing.pending?.kind === 'create') return { kind: 'accepted', operation: 'create', body: {} };
        return existing.pending === undefined ? this.#credentialsOf(existing, 200) : concurrency();
      }
      const owner = this.instances.get(instance);
      if (owner === undefined || owner.pending?.kind === 'create') return rejected(404);
      if (owner.pending !== undefined) return concurrency();
      const thing: Thing = { plan, parameters: wanted, instance, credentials: `secret-${++this.#credentials}` };
      this.bindings.set(id, thing);
      if (fault !== 'async') return this.#credentialsOf(thing, 201);
      thing.pending = { kind: 'create', apply: () => undefined };
      return { kind: 'accepted', operation: 'create', body: {} };
    });
  }

  fetchBinding(id: string, fault: Fault): Outcome<BindResponse> {
    return this.#call(fault, () => {
      const thing = this.bindings.get(id);
      if (thing === undefined || thing.pending !== undefined) return rejected(404);
      return this.#credentialsOf(thing, 200);
    });
  }

  unbind(id: string, fault: Fault): Outcome<UnbindResponse> {
    return this.#delete(this.bindings, id, fault);
  }

  poll(kind: 'instance' | 'binding', id: string, fault: Fault): Outcome<LastOperation> {
    return this.#call<LastOperation>(fault, () => {
      const thing = this.#things(kind).get(id);
      if (thing?.pending !== undefined) return { kind: 'success', status: 200, body: { state: 'in progress' } };
      const state = thing?.lastState ?? this.#ended.get(`${kind} ${id}`);
      if (state === undefined || (thing === undefined && state === 'succeeded')) return rejected(410);
      return { kind: 'success', status: 200, body: { state } };
    });
  }

  /** Ends the asynchronous operation of a thing, if there is one. A failed creation may or may not leave remains. */
  finish(kind: 'instance' | 'binding', id: string, succeeds: boolean, leavesRemains: boolean): void {
    const things = this.#things(kind);
    const thing = things.get(id);
    if (thing?.pending === undefined) return;
    const { pending } = thing;
    delete thing.pending;
    thing.lastState = succeeds ? 'succeeded' : 'failed';
    if (succeeds) pending.apply();
    else if (pending.kind === 'create' && !leavesRemains) things.delete(id);
    else if (pending.kind === 'update' && leavesRemains) pending.apply();
    if (!things.has(id)) this.#ended.set(`${kind} ${id}`, thing.lastState);
  }

  #things(kind: 'instance' | 'binding'): Map<string, Thing> {
    return kind === 'instance' ? this.instances : this.bindings;
  }

  #delete(things: Map<string, Thing>, id: string, fault: Fault): Outcome<object> {
    return this.#call(fault, () => {
      const thing = things.get(id);
      if (thing === undefined) return { kind: 'success', status: 410, body: {} };
      if (thing.pending?.kind === 'delete') return { kind: 'accepted', operation: 'delete', body: {} };
      if (thing.pending !== undefined) return concurrency();
      if (fault !== 'async') {
        things.delete(id);
        return { kind: 'success', status: 200, body: {} };
      }
      thing.pending = { kind: 'delete', apply: () => things.delete(id) };
      return { kind: 'accepted', operation: 'delete', body: {} };
    });
  }

  #credentialsOf(thing: Thing, status: 200 | 201): Outcome<BindResponse> {
    return { kind: 'success', status, body: { credentials: { password: thing.credentials } } };
  }

  #call<T>(fault: Fault, act: () => Outcome<T>): Outcome<T> {
    switch (fault) {
      case 'none':
      case 'async':
        return act();
      case 'bad-request':
        return rejected(400);
      case 'unprocessable':
        return rejected(422);
      case 'too-many':
        return { kind: 'rejected', status: 429, retryAfterSeconds: 30 };
      case 'conflict':
        return rejected(409);
      case 'concurrency':
        return concurrency();
      case 'error-before':
        return { kind: 'failed', status: 500 };
      case 'error-after':
        act();
        return { kind: 'failed', status: 502, description: 'bad gateway' };
      case 'timeout-before':
        return { kind: 'timed-out', message: 'no answer in 60 s' };
      case 'timeout-after':
        act();
        return { kind: 'timed-out', message: 'no answer in 60 s' };
      case 'unreachable':
        return { kind: 'unreachable', message: 'connection refused' };
      case 'redirect':
        return { kind: 'nonsense', status: 302, message: 'a redirect' };
      case 'nonsense-after':
        act();
        return { kind: 'nonsense', status: 200, message: 'not JSON' };
    }
  }
}

function rejected(status: number): Failed {
  return { kind: 'rejected', status, description: 'no' };
}

function concurrency(): Failed {
  return { kind: 'rejected', status: 422, error: 'ConcurrencyError' };
}
