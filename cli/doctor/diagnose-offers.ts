import { isTrue } from '../../lib/catalog/conditions.ts';
import type { AnyBroker, AnyClass, AnyPlan } from '../../lib/catalog/scope.ts';
import { brokerNameOf, classNameOf } from '../../lib/catalog/scope.ts';
import type { ServiceInstance } from '../../lib/catalog/types.generated.ts';
import { age } from '../output/age.ts';
import { classReference, isMeant, planReference } from '../view/references.ts';
import { diagnoseState } from './diagnose-state.ts';
import type { Facts, Finding, Offers } from './facts.ts';
import { listed, nearest } from './suggest.ts';

/** Broker, class and plan of an instance. */
export function diagnoseOffers(facts: Facts): Finding[] {
  const { instance, offers, now } = facts;
  if (instance === undefined) return [];
  if (offers === undefined) {
    return [
      {
        step: 'class',
        state: 'problem',
        text: `instance ${facts.instanceName} names no class`,
        advice: 'set spec.clusterServiceClassExternalName; svcat get classes lists what there is',
      },
    ];
  }
  const meant = findClass(instance, offers);
  const brokers = relevantBrokers(offers, meant);
  const findings = brokers.map((broker) => diagnoseBroker(broker, offers, now));
  if (brokers.length === 0) findings.push(missingBroker(offers, meant));
  findings.push(diagnoseClass(instance, offers, meant));
  if (meant !== undefined) findings.push(diagnosePlan(instance, offers, meant));
  return findings;
}

/** The class an instance has, or will be given: the one it was resolved to, else the only one it can mean. */
function findClass(instance: ServiceInstance, offers: Offers): AnyClass | undefined {
  const resolved = instance.spec[offers.scope.classRefField]?.name;
  if (resolved !== undefined) return offers.classes.find(({ metadata }) => metadata.name === resolved);
  const candidates = classCandidates(instance, offers);
  return candidates.length === 1 ? candidates[0] : undefined;
}

function classCandidates(instance: ServiceInstance, offers: Offers): AnyClass[] {
  const reference = classReference(instance);
  return reference === undefined ? [] : offers.classes.filter((item) => isMeant(reference.by, reference.value, item));
}

/** The broker of the class; where the class is missing, any broker may be the one that should offer it. */
function relevantBrokers(offers: Offers, meant: AnyClass | undefined): readonly AnyBroker[] {
  if (meant === undefined) return offers.brokers;
  const name = brokerNameOf(offers.scope, meant);
  return offers.brokers.filter(({ metadata }) => metadata.name === name);
}

function missingBroker({ scope }: Offers, meant: AnyClass | undefined): Finding {
  const { kind } = scope.brokers;
  return {
    step: 'broker',
    state: 'problem',
    text:
      meant === undefined
        ? `there is no ${kind}`
        : `the ${kind} "${brokerNameOf(scope, meant)}", which offers the class, does not exist`,
    advice: `register the broker: create a ${kind} with its URL and credentials`,
  };
}

function diagnoseBroker(broker: AnyBroker, offers: Offers, now: number): Finding {
  const name = broker.metadata.name ?? '';
  const subject = `${offers.scope.brokers.kind} ${name}`;
  const secret = offers.brokerSecrets.get(name);
  if (secret?.state === 'absent' && !isTrue(broker.status, 'Ready')) {
    return {
      step: 'broker',
      state: 'problem',
      text: `${subject} is not ready: its Secret ${secret.key} does not exist`,
      advice: 'create that Secret with the keys username and password (or token)',
    };
  }
  const finding = diagnoseState(subject, broker, now);
  const read = broker.status?.lastCatalogRetrievalTime;
  if (finding.state !== 'ok' || read === undefined) return { step: 'broker', ...finding };
  return { step: 'broker', ...finding, text: `${finding.text}, catalog read ${age(read, now)} ago` };
}

function diagnoseClass(instance: ServiceInstance, offers: Offers, meant: AnyClass | undefined): Finding {
  const { kind } = offers.scope.classes;
  const reference = classReference(instance);
  if (meant === undefined) {
    const value = reference?.value ?? '';
    const candidates = classCandidates(instance, offers);
    const known = offers.classes.map(({ spec }) => spec.externalName);
    return {
      step: 'class',
      state: 'problem',
      text:
        candidates.length > 1
          ? `${candidates.length} objects of kind ${kind} have the name "${value}"`
          : `there is no ${kind} "${value}" (${reference?.field ?? 'spec'})`,
      advice:
        candidates.length > 1
          ? `name it by ${offers.scope.classFields.name}: ${listed(candidates.map(({ metadata }) => metadata.name ?? ''))}`
          : choose(value, known, 'the brokers offer no class'),
    };
  }
  return removedOrOk('class', `${kind} ${meant.spec.externalName}`, meant, instance);
}

function diagnosePlan(instance: ServiceInstance, offers: Offers, meant: AnyClass): Finding {
  const { scope } = offers;
  const plans = offers.plans.filter((plan) => classNameOf(scope, plan) === meant.metadata.name);
  const reference = planReference(instance);
  const resolved = instance.spec[scope.planRefField]?.name;
  const candidates =
    reference === undefined
      ? plans.filter(({ metadata }) => resolved === undefined || metadata.name === resolved)
      : plans.filter((plan) => isMeant(reference.by, reference.value, plan));
  const [plan] = candidates;
  if (plan !== undefined && candidates.length === 1) {
    return removedOrOk('plan', `${scope.plans.kind} ${plan.spec.externalName}`, plan, instance);
  }
  const known = plans.map(({ spec }) => spec.externalName);
  if (reference === undefined) {
    return {
      step: 'plan',
      state: 'problem',
      text: `the instance names no plan, and the class ${meant.spec.externalName} has ${plans.length}`,
      advice: `set spec.${scope.planFields.externalName} to one of ${listed(known)}`,
    };
  }
  return {
    step: 'plan',
    state: 'problem',
    text: `the class ${meant.spec.externalName} has no plan "${reference.value}" (${reference.field})`,
    advice: choose(reference.value, known, 'the class has no plan'),
  };
}

function removedOrOk(step: 'class' | 'plan', subject: string, item: AnyClass | AnyPlan, of: ServiceInstance): Finding {
  if (!item.status?.removedFromBrokerCatalog) return { step, state: 'ok', text: `${subject} is offered` };
  const text = `${subject} is no longer in the broker's catalog`;
  // What exists goes on; only new orders are refused.
  if (of.status?.provisionStatus === 'Provisioned') return { step, state: 'note', text };
  return {
    step,
    state: 'problem',
    text,
    advice: `choose another ${step} (svcat get ${step === 'class' ? 'classes' : 'plans'})`,
  };
}

function choose(value: string, known: readonly string[], none: string): string {
  const near = nearest(value, known);
  if (known.length === 0) return `${none} yet; see the broker`;
  return near === undefined ? `choose one of ${listed(known)}` : `did you mean "${near}"? There are ${listed(known)}`;
}
