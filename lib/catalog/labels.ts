import { createHash } from 'node:crypto';
import { API_GROUP } from './resources.ts';
import { brokerNameOf, classNameOf, SCOPES } from './scope.ts';
import type { AnyClass, AnyPlan, Scope } from './scope.ts';
import type { ServiceInstance } from './types.generated.ts';

/**
 * Labels by which classes, plans and instances are looked up. Values are hashed, because ids and names of brokers may
 * be longer than a label or hold characters it may not. Tools of the original select by them.
 */

export type Labels = Record<string, string>;

/** The value of a label for `raw`: SHA-224, 56 hexadecimal characters. */
export function labelValue(raw: string): string {
  return createHash('sha224').update(raw).digest('hex');
}

/** The key of the label for a field such as `spec.externalID`. */
export function labelKey(field: string): string {
  return `${API_GROUP}/${field}`;
}

/** A selector for the objects whose fields have these values; to be used as `labelSelector` of a list. */
export function labelSelector(fields: Readonly<Record<string, string>>): string {
  return Object.entries(fields)
    .map(([field, value]) => `${labelKey(field)}=${labelValue(value)}`)
    .join(',');
}

/** What {@link labelSelector} selects, over objects that are at hand. */
export function matchesLabels(labels: Labels | undefined, fields: Readonly<Record<string, string>>): boolean {
  return Object.entries(fields).every(([field, value]) => labels?.[labelKey(field)] === labelValue(value));
}

/** The labels a class carries. */
export function classLabels(scope: Scope, serviceClass: AnyClass): Labels {
  return hashed({
    'spec.externalID': serviceClass.spec.externalID,
    'spec.externalName': serviceClass.spec.externalName,
    [`spec.${scope.brokerNameField}`]: brokerNameOf(scope, serviceClass),
  });
}

/** The labels a plan carries. */
export function planLabels(scope: Scope, plan: AnyPlan): Labels {
  return hashed({
    'spec.externalID': plan.spec.externalID,
    'spec.externalName': plan.spec.externalName,
    [`spec.${scope.brokerNameField}`]: brokerNameOf(scope, plan),
    [`spec.${scope.classRefField}.name`]: classNameOf(scope, plan),
  });
}

/** The labels an instance carries: those of the class and plan it was found to mean; none before. */
export function instanceLabels(instance: ServiceInstance): Labels {
  const fields: Record<string, string> = {};
  for (const scope of SCOPES) {
    const className = instance.spec[scope.classRefField]?.name;
    const planName = instance.spec[scope.planRefField]?.name;
    if (className !== undefined) fields[`spec.${scope.classRefField}.name`] = className;
    if (planName !== undefined) fields[`spec.${scope.planRefField}.name`] = planName;
  }
  return hashed(fields);
}

/**
 * `labels` with ours put in and those of our keys that no longer hold taken out; labels of others stay. Returns the
 * same object when nothing changes.
 */
export function withLabels(labels: Labels | undefined, ours: Labels): Labels | undefined {
  const kept = Object.entries(labels ?? {}).filter(([key]) => !key.startsWith(`${API_GROUP}/spec.`));
  const next = { ...Object.fromEntries(kept), ...ours };
  const same =
    Object.keys(next).length === Object.keys(labels ?? {}).length &&
    Object.entries(next).every(([key, value]) => labels?.[key] === value);
  return same ? labels : next;
}

function hashed(fields: Readonly<Record<string, string>>): Labels {
  return Object.fromEntries(Object.entries(fields).map(([field, value]) => [labelKey(field), labelValue(value)]));
}
