import { isTrue } from '../../lib/catalog/conditions.ts';
import type { AnyBroker, AnyClass, AnyPlan } from '../../lib/catalog/scope.ts';
import { brokerNameOf, classNameOf } from '../../lib/catalog/scope.ts';
import type { ServiceInstance } from '../../lib/catalog/types.generated.ts';
import { age } from '../output/age.ts';
import { classReference, isMeant, planReference } from '../view/references.ts';
import type { UserReference } from '../view/references.ts';
import { diagnoseState } from './diagnose-state.ts';
import type { Facts, Finding, Offers } from './facts.ts';
import { listed, similar } from './suggest.ts';

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
  const findings = brokers.map(
    (broker) => goingBroker(broker, offers, facts, meant) ?? diagnoseBroker(broker, offers, now),
  );
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

/** A deletion cannot be taken back: what an instance uses of such a broker goes on, and nothing can be ordered or changed. */
function goingBroker(
  { metadata }: AnyBroker,
  { scope }: Offers,
  { instance, now }: Facts,
  meant: AnyClass | undefined,
): Finding | undefined {
  const inUse = meant !== undefined && instance?.metadata.deletionTimestamp === undefined;
  if (metadata.deletionTimestamp === undefined || !inUse) return undefined;
  return {
    step: 'broker',
    state: 'problem',
    text:
      `${scope.brokers.kind} ${metadata.name ?? ''} is being deleted, asked for ${age(metadata.deletionTimestamp, now)} ago: ` +
      'what exists goes on, but nothing can be ordered or changed, and the broker goes when its instances are gone',
    advice:
      'this cannot be taken back: save the data you need, delete the bindings and the instance, ' +
      'and create them again when the broker is registered again',
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
    if (candidates.length > 1) {
      return {
        step: 'class',
        state: 'problem',
        text: `${candidates.length} objects of kind ${kind} have the name "${value}"`,
        advice: `name it by ${offers.scope.classFields.name}: ${listed(candidates.map(({ metadata }) => metadata.name ?? ''))}`,
      };
    }
    const { scope, brokers } = offers;
    // Whose catalogs have been read can be blamed for what is not in them; others are told of as brokers.
    const read = brokers.filter(({ status }) => isTrue(status, 'Ready')).map(({ metadata }) => metadata.name ?? '');
    const whose = read.length === 0 ? '' : `: it is not in the catalog of ${scope.brokers.kind} ${listed(read)}`;
    return {
      step: 'class',
      state: 'problem',
      text: `there is no ${kind} "${value}" (${reference?.field ?? 'spec'})${whose}`,
      advice: choose(value, namesBy(reference?.by, offers.classes.filter(isOffered)), 'the brokers offer no class'),
    };
  }
  return removedOrOk('class', `${kind} ${meant.spec.externalName}`, meant, instance, offers.classes);
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
    return removedOrOk('plan', `${scope.plans.kind} ${plan.spec.externalName}`, plan, instance, plans);
  }
  const known = plans.filter(isOffered).map(({ spec }) => spec.externalName);
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
    advice: choose(reference.value, namesBy(reference.by, plans.filter(isOffered)), 'the class has no plan'),
  };
}

function removedOrOk(
  step: 'class' | 'plan',
  subject: string,
  item: AnyClass | AnyPlan,
  of: ServiceInstance,
  others: readonly (AnyClass | AnyPlan)[],
): Finding {
  if (isOffered(item)) return { step, state: 'ok', text: `${subject} is offered` };
  const text = `${subject} is no longer in the broker's catalog`;
  // What exists goes on; only new orders are refused.
  if (of.status?.provisionStatus === 'Provisioned') return { step, state: 'note', text };
  return {
    step,
    state: 'problem',
    text,
    advice: `choose another ${step}; ${choose(item.spec.externalName, namesBy('externalName', others.filter(isOffered)), 'there is none')}`,
  };
}

function isOffered({ status }: AnyClass | AnyPlan): boolean {
  return !status?.removedFromBrokerCatalog;
}

/** Names of the sort the user wrote, so that they can be put in its place. */
function namesBy(by: UserReference['by'] | undefined, items: readonly (AnyClass | AnyPlan)[]): string[] {
  return items.map(({ metadata, spec }) =>
    by === 'name' ? (metadata.name ?? '') : by === 'externalID' ? spec.externalID : spec.externalName,
  );
}

function choose(value: string, known: readonly string[], none: string): string {
  if (known.length === 0) return `${none} yet; see the broker`;
  const near = similar(value, known);
  if (near.length === 0) return `choose one of what is offered: ${listed(known)}`;
  return `did you mean ${near.map((name) => `"${name}"`).join(' or ')}? What is offered: ${listed(known)}`;
}
