import type { Event, Secret } from '../../lib/kube/core-resources.ts';
import type { AnyBroker, AnyClass, AnyPlan, Scope } from '../../lib/catalog/scope.ts';
import type { ServiceBinding, ServiceInstance } from '../../lib/catalog/types.generated.ts';

/** What the doctor has found out, before it is judged. Plain data: the judging needs no cluster. */
export interface Facts {
  /** Milliseconds since the epoch. */
  readonly now: number;
  readonly namespace: string;
  /** What was asked about. */
  readonly target: { readonly kind: 'instance' | 'binding'; readonly name: string };
  /** Of the instance, or of the one the binding refers to. */
  readonly instanceName: string;
  readonly instance: ServiceInstance | undefined;
  /** What the instance can choose from; undefined when it does not say from which scope. */
  readonly offers: Offers | undefined;
  /** Of the instance, or the one that was asked about. */
  readonly bindings: readonly BindingFacts[];
  /** About the instance and the bindings, oldest first. */
  readonly events: readonly Event[];
}

/** Everything of one scope that an instance could mean, so that a misspelt name can be told from a broken broker. */
export interface Offers {
  readonly scope: Scope;
  readonly brokers: readonly AnyBroker[];
  readonly classes: readonly AnyClass[];
  readonly plans: readonly AnyPlan[];
  /** Secrets with credentials for brokers, by broker; absent for brokers that use none. */
  readonly brokerSecrets: ReadonlyMap<string, SecretFacts>;
}

export interface BindingFacts {
  readonly name: string;
  readonly binding: ServiceBinding | undefined;
  /** Undefined when there is no binding to name it. */
  readonly secret: SecretFacts | undefined;
}

export interface SecretFacts {
  /** `namespace/name`. */
  readonly key: string;
  /** `forbidden`: the user may not look. */
  readonly state: 'present' | 'absent' | 'forbidden';
  readonly secret?: Secret;
}

/** One line of the diagnosis. */
export interface Finding {
  readonly step: 'broker' | 'class' | 'plan' | 'instance' | 'binding' | 'secret' | 'events';
  /** `waiting` is on its way and no fault of anybody; `unknown` could not be looked at; `note` is for the story only. */
  readonly state: 'ok' | 'problem' | 'waiting' | 'unknown' | 'note';
  readonly text: string;
  /** What to do. Every problem has it. */
  readonly advice?: string;
}
