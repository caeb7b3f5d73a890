import type { Event } from '../../lib/kube/core-resources.ts';
import { isAltered } from '../../lib/catalog/secret-checksum.ts';
import { controllerOf } from '../../lib/kube/objects.ts';
import type { ServiceBinding } from '../../lib/catalog/types.generated.ts';
import { age } from '../output/age.ts';
import { diagnoseOffers } from './diagnose-offers.ts';
import { diagnoseState } from './diagnose-state.ts';
import type { BindingFacts, Facts, Finding } from './facts.ts';
import { listed } from './suggest.ts';

/** Warnings older than this are history. */
const RECENT_MS = 60 * 60_000;
const MAX_EVENTS = 5;

/** Everything there is to say, in the order in which one thing needs the other. Pure. */
export function diagnose(facts: Facts): Finding[] {
  const findings = [
    ...diagnoseOffers(facts),
    diagnoseInstance(facts),
    ...facts.bindings.flatMap((binding) => diagnoseBinding(binding, facts)),
  ];
  const well = findings.every(({ state }) => state !== 'problem' && state !== 'waiting');
  return [...findings, ...diagnoseEvents(facts.events, well, facts.now)];
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

/** The latest warnings; where all is well only how many there were on the way. */
function diagnoseEvents(events: readonly Event[], well: boolean, now: number): Finding[] {
  const step = 'events';
  const warnings = events.filter(
    (event) => event.type === 'Warning' && now - Date.parse(eventTime(event) ?? '') < RECENT_MS,
  );
  const last = warnings.at(-1);
  if (last === undefined) return [{ step, state: 'ok', text: 'no warnings in the last hour' }];
  if (well) {
    const text = `${warnings.length} warnings in the last hour, the last ${age(eventTime(last), now)} ago (${last.reason ?? ''})`;
    return [{ step, state: 'note', text }];
  }
  return warnings.slice(-MAX_EVENTS).map((event) => ({
    step,
    state: 'note',
    text: `${age(eventTime(event), now)} ago, ${event.count ?? 1}x ${event.reason ?? ''}: ${event.message ?? ''}`,
  }));
}

/** When an event happened last. */
export function eventTime(event: Event): string | undefined {
  return event.lastTimestamp ?? event.firstTimestamp ?? event.metadata.creationTimestamp;
}
