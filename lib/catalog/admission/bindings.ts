import type { AdmissionRequest, Facts, Fault, Need, Verdict } from '../admission.ts';
import { completeBinding, keepMarks } from '../completion.ts';
import { DNS_SUBDOMAIN_RULE, isDnsSubdomain } from '../names.ts';
import { SERVICE_INSTANCES } from '../resources.ts';
import { SCOPES } from '../scope.ts';
import type { AnyPlan } from '../scope.ts';
import { transformSecrets } from '../secret-transforms.ts';
import type { ServiceBinding, ServiceBindingSpec, ServiceInstance } from '../types.generated.ts';
import { storedUserInfo } from '../user-info.ts';
import { bindingStatusFaults } from './binding-status.ts';
import { transformFaults } from './binding-transforms.ts';
import { inlineParameterFaults } from './inline-parameters.ts';
import { lengthFault, parametersFromFaults, PARAMETERS_SHAPE } from './parameter-fields.ts';
import { accessNeeds, forbiddenSecrets, namespaceOf } from './secret-access.ts';
import { withShape } from './shape.ts';
import type { Shape } from './shape.ts';
import { allowed, forbidden, invalid, isBeingDeleted } from './verdicts.ts';
import type { Rules } from './verdicts.ts';
import { sameJson } from '../same-json.ts';

/**
 * The rules for ServiceBindings. The spec is immutable: a change is refused with a word on what to do, where the
 * original put the old spec back without a word. What a client leaves out of an otherwise equal spec is put back.
 */
export const bindingRules: Rules = {
  needs(request: AdmissionRequest, facts: Facts): readonly Need[] {
    const { binding } = readBinding(request);
    if (request.subresource === 'status' || request.oldObject !== undefined || binding === undefined) return [];
    if (validateBinding(binding).length > 0) return [];
    const namespace = namespaceOf(request);
    return [
      { id: INSTANCE, type: 'get', resource: SERVICE_INSTANCES, namespace, name: binding.spec.instanceRef.name },
      ...planNeed(facts, namespace),
      ...accessNeeds(transformSecrets(binding.spec.secretTransforms, namespace)),
    ];
  },
  admit(request: AdmissionRequest, facts: Facts): Verdict {
    if (request.subresource === 'status') return admitStatus(request);
    const { binding, faults } = readBinding(request);
    if (binding === undefined) return invalid(request, faults);
    const old = request.oldObject as ServiceBinding | undefined;
    return old === undefined ? admitCreation(request, binding, facts) : admitUpdate(request, old, binding);
  },
};

const INSTANCE = 'instance';
const PLAN = 'plan of the instance';

const SHAPE: Shape = {
  spec: 'object',
  'spec.instanceRef': 'object',
  'spec.instanceRef.name': 'string',
  ...PARAMETERS_SHAPE,
  'spec.secretName': 'string',
  'spec.secretTransforms': 'array',
  'spec.secretTransforms[]': 'object',
  'spec.secretTransforms[].addKey': 'object',
  'spec.secretTransforms[].addKey.key': 'string',
  'spec.secretTransforms[].addKey.value': 'string',
  'spec.secretTransforms[].addKey.stringValue': 'string',
  'spec.secretTransforms[].addKey.jsonPathExpression': 'string',
  'spec.secretTransforms[].renameKey': 'object',
  'spec.secretTransforms[].renameKey.from': 'string',
  'spec.secretTransforms[].renameKey.to': 'string',
  'spec.secretTransforms[].addKeysFrom': 'object',
  'spec.secretTransforms[].addKeysFrom.secretRef': 'object',
  'spec.secretTransforms[].addKeysFrom.secretRef.namespace': 'string',
  'spec.secretTransforms[].addKeysFrom.secretRef.name': 'string',
  'spec.secretTransforms[].removeKey': 'object',
  'spec.secretTransforms[].removeKey.key': 'string',
  'spec.externalID': 'string',
  'spec.userInfo': 'object',
};

function readBinding(request: AdmissionRequest): {
  readonly binding?: ServiceBinding;
  readonly faults: readonly Fault[];
} {
  const required = [{ field: 'spec', message: 'is required' }];
  if (request.object === undefined) return { faults: required };
  const { object, faults } = withShape(request.object, SHAPE);
  if (!('spec' in object)) return { faults: required };
  return faults.length > 0 ? { faults } : { binding: object as ServiceBinding, faults };
}

/** What is wrong with a binding by itself. */
export function validateBinding({ spec }: ServiceBinding): Fault[] {
  const instanceName = (spec as Partial<ServiceBindingSpec>).instanceRef?.name ?? '';
  const nameFault = (field: string): Fault => ({ field, message: DNS_SUBDOMAIN_RULE });
  return [
    ...(instanceName === '' ? [{ field: 'spec.instanceRef.name', message: 'is required' }] : []),
    ...(instanceName === '' || isDnsSubdomain(instanceName) ? [] : [nameFault('spec.instanceRef.name')]),
    ...(!spec.secretName || isDnsSubdomain(spec.secretName) ? [] : [nameFault('spec.secretName')]),
    ...parametersFromFaults(spec.parametersFrom),
    ...lengthFault('spec.externalID', spec.externalID, 63),
    ...transformFaults(spec.secretTransforms),
  ];
}

function admitCreation(request: AdmissionRequest, binding: ServiceBinding, facts: Facts): Verdict {
  const wrong = validateBinding(binding);
  if (wrong.length > 0) return invalid(request, wrong);
  const namespace = namespaceOf(request);
  const instance = facts.objects.get(INSTANCE) as ServiceInstance | undefined;
  if (isBeingDeleted(instance)) {
    return forbidden(
      `binding cannot be created: the ServiceInstance "${binding.spec.instanceRef.name}" is being deleted`,
    );
  }
  const [secret] = forbiddenSecrets(transformSecrets(binding.spec.secretTransforms, namespace), facts);
  if (secret !== undefined) {
    return forbidden(
      `secretTransforms: user "${request.user.username ?? ''}" must be allowed to get the Secret "${secret.name}" in namespace "${secret.namespace}" to add its keys`,
    );
  }
  const warnings: string[] = [];
  const plan = facts.objects.get(PLAN) as AnyPlan | undefined;
  const refused =
    plan === undefined
      ? []
      : inlineParameterFaults(plan, 'serviceBindingCreateParameterSchema', binding.spec, warnings);
  if (refused.length > 0) return invalid(request, refused);
  const complete = completeBinding(binding, request.newId);
  const spec = { ...complete.spec, userInfo: storedUserInfo(request.user) };
  return allowed({ ...complete, spec }, warnings);
}

function admitUpdate(request: AdmissionRequest, old: ServiceBinding, binding: ServiceBinding): Verdict {
  const filled = fillIn(old.spec, binding.spec);
  const faults = (Object.keys({ ...old.spec, ...filled }) as (keyof ServiceBindingSpec)[])
    .filter((field) => !sameJson(old.spec[field], filled[field]))
    // The id and the name of the Secret may be filled in once, where admission was not there when the binding was made.
    .filter((field) => !((field === 'externalID' || field === 'secretName') && !old.spec[field]))
    .map((field) => ({
      field: `spec.${field}`,
      message: 'is immutable; delete the binding and create another one (kubectl replace --force does both)',
    }));
  return faults.length > 0 ? invalid(request, faults) : allowed(keepMarks(old, { ...binding, spec: filled }));
}

/** What admission set when the binding was made, where the client left it out; never what a user says about users. */
function fillIn(old: ServiceBindingSpec, spec: ServiceBindingSpec): ServiceBindingSpec {
  const filled = { ...spec };
  if (!filled.externalID && old.externalID !== undefined) filled.externalID = old.externalID;
  if (!filled.secretName && old.secretName !== undefined) filled.secretName = old.secretName;
  delete filled.userInfo;
  if (old.userInfo !== undefined) filled.userInfo = old.userInfo;
  return filled;
}

function admitStatus(request: AdmissionRequest): Verdict {
  if (request.object === undefined) return invalid(request, [{ field: 'status', message: 'is required' }]);
  const { faults } = withShape(request.object, {
    status: 'object',
    'status.conditions': 'array',
    'status.conditions[]': 'object',
  });
  if (faults.length > 0) return invalid(request, faults);
  const wrong = bindingStatusFaults((request.object as ServiceBinding).status ?? {});
  return wrong.length > 0 ? invalid(request, wrong) : allowed(request.object);
}

/** The plan of the instance, once that is known. */
function planNeed(facts: Facts, namespace: string): Need[] {
  const instance = facts.objects.get(INSTANCE) as ServiceInstance | undefined;
  return SCOPES.flatMap((scope): Need[] => {
    const name = instance?.spec[scope.planRefField]?.name;
    if (name === undefined) return [];
    return [{ id: PLAN, type: 'get', resource: scope.plans, ...(scope.namespaced ? { namespace } : {}), name }];
  });
}
