import type { Fault } from '../admission.ts';
import { keepMarks } from '../completion.ts';
import { fieldOf, namedPlan, namings } from '../references.ts';
import { fieldList, SCOPES } from '../scope.ts';
import type { Scope } from '../scope.ts';
import type { ServiceInstance, ServiceInstanceSpec } from '../types.generated.ts';
import { sameJson } from '../same-json.ts';

/** What a change of an instance keeps, and what it may not change. */

/** Fields of the spec that the controller writes; changing them is not the user's change. */
const CONTROLLER_FIELDS: readonly (keyof ServiceInstanceSpec)[] = [
  'externalID',
  'userInfo',
  ...SCOPES.flatMap((scope) => [scope.classRefField, scope.planRefField]),
];

/**
 * The instance with what clients leave out or may not set put back: our finalizer, the id and where it is from, the counter when it is
 * zero, who asked, the plan when none is named any more, references. A reference to a plan that is no longer meant is dropped.
 */
export function carriedOver(old: ServiceInstance, instance: ServiceInstance): ServiceInstance {
  const spec: ServiceInstanceSpec = { ...instance.spec };
  const before = old.spec;
  if (!spec.externalID && before.externalID !== undefined) spec.externalID = before.externalID;
  if (!spec.updateRequests) spec.updateRequests = before.updateRequests ?? 0;
  delete spec.userInfo;
  if (before.userInfo !== undefined) spec.userInfo = before.userInfo;
  if (namedPlan(spec) === undefined) keepPlan(before, spec);
  for (const scope of SCOPES) {
    keepReference(scope.classRefField, before, spec);
    if (!planChanged(scope, before, spec)) keepReference(scope.planRefField, before, spec);
    else if (sameJson(spec[scope.planRefField], before[scope.planRefField])) {
      Reflect.deleteProperty(spec, scope.planRefField);
    }
  }
  return keepMarks(old, { ...instance, spec });
}

/** Whether the user changed something, as opposed to the controller. */
export function userChanged(before: ServiceInstanceSpec, after: ServiceInstanceSpec): boolean {
  return !sameJson(userPart(before), userPart(after));
}

/** What is wrong with the change. */
export function changeFaults({ spec: before }: ServiceInstance, { spec: after }: ServiceInstance): Fault[] {
  const faults: Fault[] = [];
  const [oldClass, newClass] = [before, after].map((spec) => namings(spec, 'classFields')[0]);
  if (oldClass !== undefined && newClass !== undefined) {
    const [was, is] = [fieldOf(oldClass, 'classFields'), fieldOf(newClass, 'classFields')];
    if (was !== is || oldClass.value !== newClass.value) {
      faults.push({
        field: `spec.${is}`,
        message: `the class of an instance is immutable and ${was} is "${oldClass.value}"; create another instance for another class`,
      });
    }
  }
  if (before.externalID && after.externalID !== before.externalID) {
    faults.push({ field: 'spec.externalID', message: `is immutable once set and "${before.externalID}" here` });
  }
  if ((after.updateRequests ?? 0) < (before.updateRequests ?? 0)) {
    faults.push({
      field: 'spec.updateRequests',
      message: `must not be lower than ${before.updateRequests ?? 0}, which it is; raise it by one to send an update`,
    });
  }
  return faults;
}

/** Whether the user names another plan than before. */
export function anyPlanChanged(before: ServiceInstanceSpec, after: ServiceInstanceSpec): boolean {
  return SCOPES.some((scope) => planChanged(scope, before, after));
}

/** The references that this change sets to something else; those it drops are not among them. */
export function changedReferences(
  before: ServiceInstanceSpec,
  after: ServiceInstanceSpec,
): { readonly scope: Scope; readonly what: 'classes' | 'plans'; readonly name: string }[] {
  return SCOPES.flatMap((scope) =>
    (['classes', 'plans'] as const).flatMap((what) => {
      const field = what === 'classes' ? scope.classRefField : scope.planRefField;
      const name = after[field]?.name;
      return name === undefined || name === before[field]?.name ? [] : [{ scope, what, name }];
    }),
  );
}

/**
 * Whether the broker has the instance, or may have it: then a change of plan is its business too. Before, the user is
 * only correcting an order.
 */
export function mayExistAtBroker({ status }: ServiceInstance): boolean {
  return status?.provisionStatus === 'Provisioned' || status?.deprovisionStatus === 'Required';
}

function planChanged(scope: Scope, before: ServiceInstanceSpec, after: ServiceInstanceSpec): boolean {
  return fieldList(scope.planFields).some((field) => (before[field] ?? '') !== (after[field] ?? ''));
}

function keepReference(
  field: Scope['classRefField' | 'planRefField'],
  before: ServiceInstanceSpec,
  spec: ServiceInstanceSpec,
): void {
  const reference = before[field];
  if (spec[field]?.name === undefined && reference !== undefined) spec[field] = reference;
}

function keepPlan(before: ServiceInstanceSpec, spec: ServiceInstanceSpec): void {
  const plan = namedPlan(before);
  // Named in the field that goes with the class field, or the class was changed, which is refused with its own words.
  if (plan === undefined) return;
  const [serviceClass] = namings(spec, 'classFields');
  if (serviceClass?.scope === plan.scope && serviceClass.by === plan.by)
    spec[plan.scope.planFields[plan.by]] = plan.value;
}

function userPart(spec: ServiceInstanceSpec): Partial<ServiceInstanceSpec> {
  const part: Partial<ServiceInstanceSpec> = { updateRequests: 0, ...spec };
  for (const field of CONTROLLER_FIELDS) Reflect.deleteProperty(part, field);
  return part;
}
