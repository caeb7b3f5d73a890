import type { AdmissionRequest, Facts, Fault, Need, Verdict } from '../admission.ts';
import { completeInstance } from '../completion.ts';
import { hasGeneratedId } from '../external-id.ts';
import { instanceLabels, withLabels } from '../labels.ts';
import { describeNaming, namedClass, namedPlan } from '../references.ts';
import { SERVICE_INSTANCES } from '../resources.ts';
import { SCOPES } from '../scope.ts';
import type { AnyClass, AnyPlan } from '../scope.ts';
import type { ServiceInstance, ServiceInstanceSpec } from '../types.generated.ts';
import { storedUserInfo } from '../user-info.ts';
import { inlineParameterFaults } from './inline-parameters.ts';
import { offerNeeds, offerOf, planNames } from './instance-offer.ts';
import { readInstance, validateInstance } from './instance-shape.ts';
import { anyPlanChanged, carriedOver, changeFaults, mayExistAtBroker, userChanged } from './instance-update.ts';
import { planChangeRefusal, planChangeNeeds } from './plan-change.ts';
import { referenceFaults, referenceNeeds } from './reference-change.ts';
import { namespaceOf } from './secret-access.ts';
import { allowed, forbidden, invalid } from './verdicts.ts';
import type { Rules } from './verdicts.ts';
import { sameJson } from '../same-json.ts';

/** The rules for ServiceInstances. A change of the spec is never refused because an operation runs: it supersedes it. */
export const instanceRules: Rules = {
  needs(request: AdmissionRequest, facts: Facts): readonly Need[] {
    const { instance } = readInstance(request);
    if (instance === undefined) return [];
    const old = request.oldObject as ServiceInstance | undefined;
    return old === undefined ? creationNeeds(request, instance, facts) : updateNeeds(request, old, instance, facts);
  },
  admit(request: AdmissionRequest, facts: Facts): Verdict {
    const { instance, faults } = readInstance(request);
    if (instance === undefined) return invalid(request, faults);
    const old = request.oldObject as ServiceInstance | undefined;
    return old === undefined ? admitCreation(request, instance, facts) : admitUpdate(request, old, instance, facts);
  },
};

const SAME_ID = 'instances with the same id';
const ALL_INSTANCES: Need = { id: SAME_ID, type: 'list', resource: SERVICE_INSTANCES, labelSelector: '' };
const ID_IS_TAKEN: Fault = {
  field: 'spec.externalID',
  message: 'is the id of another ServiceInstance; leave it out to get a new one',
};

function creationNeeds(request: AdmissionRequest, instance: ServiceInstance, facts: Facts): Need[] {
  if (validateInstance(instance).length > 0) return [];
  const needs = offerNeeds(instance.spec, namespaceOf(request), facts);
  // Ids we make up are unique; only one that a user gives can be somebody's already.
  if (hasChosenId(request, instance)) needs.push(ALL_INSTANCES);
  return needs;
}

/** Not one that admission has made up for it: what a user says about that has been taken off by whoever makes up ids. */
function hasChosenId({ newId }: AdmissionRequest, instance: ServiceInstance): boolean {
  const { externalID } = instance.spec;
  if (!externalID) return false;
  return newId === undefined ? !hasGeneratedId(instance, true) : externalID !== newId.value;
}

function admitCreation(request: AdmissionRequest, instance: ServiceInstance, facts: Facts): Verdict {
  const wrong = validateInstance(instance);
  if (wrong.length > 0) return invalid(request, wrong);
  const created = completeInstance(instance, request.newId);
  const spec: ServiceInstanceSpec = { ...created.spec, userInfo: storedUserInfo(request.user) };
  // What an exported object brings along was found in another place or time.
  for (const scope of SCOPES) {
    Reflect.deleteProperty(spec, scope.classRefField);
    Reflect.deleteProperty(spec, scope.planRefField);
  }
  if (isTaken(instance.spec.externalID, facts)) return invalid(request, [ID_IS_TAKEN]);
  const namespace = namespaceOf(request);
  const { serviceClass, plan } = offerOf(spec, namespace, facts);
  const warnings: string[] = [];
  if (namedPlan(spec) === undefined && serviceClass.kind === 'found') {
    if (plan?.kind === 'several') {
      const names = planNames(spec, serviceClass.object, namespace, facts);
      return forbidden(
        `${describeClass(spec)} has more than one plan, PlanName must be specified: one of ${names.join(', ')}`,
        [{ field: 'spec', message: 'must name a plan' }],
      );
    }
    if (plan?.kind === 'found') setPlan(spec, plan.object);
  }
  if (serviceClass.kind === 'none') warnings.push(`there is no ${describeClass(spec)} yet; the instance waits for it`);
  if (plan?.kind === 'found') {
    const refused = inlineParameterFaults(plan.object, 'instanceCreateParameterSchema', spec, warnings);
    if (refused.length > 0) return invalid(request, refused);
  }
  if (serviceClass.kind === 'found' && plan?.kind === 'found') setReferences(spec, serviceClass.object, plan.object);
  return allowed(labelled({ ...created, spec }), warnings);
}

function updateNeeds(request: AdmissionRequest, old: ServiceInstance, instance: ServiceInstance, facts: Facts): Need[] {
  const next = carriedOver(old, instance);
  if (changeFaults(old, next).length > 0) return [];
  const namespace = namespaceOf(request);
  const needs = [...(takesAnId(old, next) ? [ALL_INSTANCES] : []), ...referenceNeeds(old, next, namespace)];
  if (!userChanged(old.spec, next.spec)) return needs;
  if (anyPlanChanged(old.spec, next.spec) || parametersChanged(old.spec, next.spec)) {
    needs.push(...offerNeeds(next.spec, namespace, facts));
  }
  return [...needs, ...planChangeNeeds(old, next, namespace)];
}

function admitUpdate(
  request: AdmissionRequest,
  old: ServiceInstance,
  instance: ServiceInstance,
  facts: Facts,
): Verdict {
  const next = carriedOver(old, instance);
  const namespace = namespaceOf(request);
  const changed = userChanged(old.spec, next.spec);
  // Also of what is being deleted: the controllers remove at the broker what the spec says then. A spec that stays as it
  // is has none of these faults, so finalizers can be taken off whatever has become of the class.
  const faults = [
    ...changeFaults(old, next),
    ...(takesAnId(old, next) && isTaken(next.spec.externalID, facts, old) ? [ID_IS_TAKEN] : []),
    ...(changed ? validateInstance(next) : []),
    ...referenceFaults(old, next, namespace, facts),
  ];
  if (faults.length > 0) return invalid(request, faults);
  if (!changed) return allowed(labelled(next));

  const refusal = planChangeRefusal(old, next, namespace, facts);
  if (refusal !== undefined) return forbidden(refusal);
  const warnings: string[] = [];
  const { plan } = offerOf(next.spec, namespace, facts);
  if (plan?.kind === 'found' && parametersChanged(old.spec, next.spec)) {
    const schema = mayExistAtBroker(old) ? 'instanceUpdateParameterSchema' : 'instanceCreateParameterSchema';
    const refused = inlineParameterFaults(plan.object, schema, next.spec, warnings);
    if (refused.length > 0) return invalid(request, refused);
  }
  next.spec.userInfo = storedUserInfo(request.user);
  return allowed(labelled(next), warnings);
}

function isTaken(externalID: string | undefined, facts: Facts, self?: ServiceInstance): boolean {
  if (!externalID) return false;
  const all = (facts.lists.get(SAME_ID) ?? []) as readonly ServiceInstance[];
  return all.some(
    ({ metadata, spec }) =>
      spec.externalID === externalID &&
      !(self !== undefined && metadata.name === self.metadata.name && metadata.namespace === self.metadata.namespace),
  );
}

/** Whether an instance that has no id yet is given one. Its own uid, which the controllers give it, is nobody else's. */
function takesAnId(old: ServiceInstance, next: ServiceInstance): boolean {
  return !old.spec.externalID && Boolean(next.spec.externalID) && next.spec.externalID !== old.metadata.uid;
}

/** Names the plan in the field that goes with the one the class is named by. */
function setPlan(spec: ServiceInstanceSpec, plan: AnyPlan): void {
  const naming = namedClass(spec);
  if (naming === undefined) return;
  const values = {
    externalName: plan.spec.externalName,
    externalID: plan.spec.externalID,
    name: plan.metadata.name ?? '',
  };
  spec[naming.scope.planFields[naming.by]] = values[naming.by];
}

/** What the controllers would look up and write as their first step. */
function setReferences(spec: ServiceInstanceSpec, serviceClass: AnyClass, plan: AnyPlan): void {
  const naming = namedClass(spec);
  if (naming === undefined) return;
  spec[naming.scope.classRefField] = { name: serviceClass.metadata.name ?? '' };
  spec[naming.scope.planRefField] = { name: plan.metadata.name ?? '' };
}

function describeClass(spec: ServiceInstanceSpec): string {
  const naming = namedClass(spec);
  return naming === undefined ? 'class' : describeNaming(naming, 'classes');
}

function parametersChanged(before: ServiceInstanceSpec, after: ServiceInstanceSpec): boolean {
  return !sameJson([before.parameters, before.parametersFrom], [after.parameters, after.parametersFrom]);
}

function labelled(instance: ServiceInstance): ServiceInstance {
  const labels = withLabels(instance.metadata.labels, instanceLabels(instance));
  if (labels === instance.metadata.labels) return instance;
  return { ...instance, metadata: { ...instance.metadata, ...(labels === undefined ? {} : { labels }) } };
}
