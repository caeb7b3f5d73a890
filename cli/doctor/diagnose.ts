import { findCondition } from '../../lib/catalog/conditions.ts';
import type { Reason } from '../../lib/catalog/reasons.ts';
import { SERVICE_BINDINGS, SERVICE_INSTANCES } from '../../lib/catalog/resources.ts';
import { isAltered } from '../../lib/catalog/secret-checksum.ts';
import { controllerOf } from '../../lib/kube/objects.ts';
import type { ServiceBinding, ServiceInstance } from '../../lib/catalog/types.generated.ts';
import { diagnoseEvents } from './diagnose-events.ts';
import { diagnoseOffers } from './diagnose-offers.ts';
import { diagnoseState } from './diagnose-state.ts';
import type { BindingFacts, Facts, Finding } from './facts.ts';
import { listed } from './suggest.ts';

/** Everything there is to say, in the order in which one thing needs the other. Pure. */
export function diagnose(facts: Facts): Finding[] {
  const offers = diagnoseOffers(facts);
  const instance = followsFrom(offers, diagnoseInstance(facts), facts.instance, WAITS_FOR_OFFER);
  const bindings = facts.bindings.flatMap((of) => {
    const [binding, ...secret] = diagnoseBinding(of, facts);
    return binding === undefined ? [] : [followsFrom([instance], binding, of.binding, WAITS_FOR_INSTANCE), ...secret];
  });
  const findings = [...offers, instance, ...bindings];
  return [...findings, ...diagnoseEvents(facts, findings)];
}

/** Reasons of an instance that only say what is wrong with its broker, class or plan. */
const WAITS_FOR_OFFER: ReadonlySet<string> = new Set<Reason>([
  'ReferencesNonexistentServiceClass',
  'ReferencesNonexistentServicePlan',
  'ReferencesNonexistentBroker',
  'ReferencesDeletedServiceClass',
  'ReferencesDeletedServicePlan',
]);

/** Reasons of a binding that only say what is wrong with its instance. */
const WAITS_FOR_INSTANCE: ReadonlySet<string> = new Set<Reason>([
  'ReferencesNonexistentInstance',
  'ErrorInstanceRefsUnresolved',
  'ErrorInstanceNotReady',
]);

/** A problem that is told already is not told again by what waits for its end. */
function followsFrom(
  causes: readonly Finding[],
  finding: Finding,
  object: ServiceInstance | ServiceBinding | undefined,
  reasons: ReadonlySet<string>,
): Finding {
  const { step, state } = finding;
  const reason = findCondition(object?.status, 'Ready')?.reason ?? '';
  const cause = causes.find((other) => other.state === 'problem' || (step === 'binding' && other.state === 'waiting'));
  if (state !== 'problem' || cause === undefined || !reasons.has(reason)) return finding;
  const { kind } = step === 'instance' ? SERVICE_INSTANCES : SERVICE_BINDINGS;
  const text = `${kind} ${object?.metadata.name ?? ''} waits for its ${cause.step} (${reason}) and goes on by itself`;
  return { step, state: 'waiting', text };
}

function diagnoseInstance({ instance, instanceName, namespace, bindings, now }: Facts): Finding {
  const step = 'instance';
  if (instance === undefined) {
    return {
      step,
      state: 'problem',
      text: `there is no ServiceInstance "${instanceName}" in namespace ${namespace}`,
      advice: 'create it; bindings that wait for it go on by themselves',
    };
  }
  const finding = diagnoseState(`ServiceInstance ${instanceName}`, instance, now);
  const left = bindings.filter(({ binding }) => binding !== undefined).map(({ name }) => name);
  if (instance.metadata.deletionTimestamp !== undefined && left.length > 0) {
    const advice = `delete its bindings first: kubectl -n ${namespace} delete servicebinding ${left.join(' ')}`;
    return { step, ...finding, state: 'problem', advice };
  }
  return { step, ...finding };
}

function diagnoseBinding(facts: BindingFacts, { namespace, now }: Facts): Finding[] {
  const { name, binding } = facts;
  if (binding === undefined) {
    return [
      {
        step: 'binding',
        state: 'problem',
        text: `there is no ServiceBinding "${name}" in namespace ${namespace}`,
        advice: 'create it',
      },
    ];
  }
  const finding: Finding = { step: 'binding', ...diagnoseState(`ServiceBinding ${name}`, binding, now) };
  if (binding.metadata.deletionTimestamp !== undefined) return [finding];
  return [finding, diagnoseSecret(facts, binding, finding.state === 'ok')];
}

function diagnoseSecret({ secret }: BindingFacts, binding: ServiceBinding, bindingReady: boolean): Finding {
  const step = 'secret';
  const key = secret?.key ?? '';
  if (secret === undefined || secret.state === 'forbidden') {
    return { step, state: 'unknown', text: `you may not look at Secret ${key}` };
  }
  if (secret.state === 'absent') {
    if (!bindingReady)
      return { step, state: 'waiting', text: `Secret ${key} will be written when the binding is ready` };
    return {
      step,
      state: 'problem',
      text: `Secret ${key} is missing although its binding is ready`,
      advice: 'the controller writes it again within its resync interval; look into its log if it does not',
    };
  }
  if (secret.secret === undefined || controllerOf(secret.secret)?.uid !== binding.metadata.uid) {
    return {
      step,
      state: 'problem',
      text: `Secret ${key} exists and does not belong to the binding`,
      advice: 'delete or rename that Secret, or create the binding again with another spec.secretName',
    };
  }
  if (isAltered(secret.secret)) {
    const { name = '', namespace = '' } = binding.metadata;
    return {
      step,
      state: 'problem',
      text: `Secret ${key} was changed by hand and may not hold the credentials the broker gave`,
      advice:
        'the controllers restore it at their next look; this makes them look at once: ' +
        `kubectl -n ${namespace} annotate servicebinding ${name} look="$(date)" --overwrite`,
    };
  }
  return { step, state: 'ok', text: `Secret ${key} has the keys ${listed(Object.keys(secret.secret.data ?? {}), 20)}` };
}
