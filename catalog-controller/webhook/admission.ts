import { decideAdmission } from '../../lib/catalog/admission/admit.ts';
import type { AdmissionRequest, Fault } from '../../lib/catalog/admission.ts';
import { namedPlan } from '../../lib/catalog/references.ts';
import { SERVICE_INSTANCES } from '../../lib/catalog/resources.ts';
import { fieldList, SCOPES } from '../../lib/catalog/scope.ts';
import type { ServiceInstanceSpec } from '../../lib/catalog/types.generated.ts';
import type { LookUp } from '../../lib/catalog/admission/admit.ts';
import { jsonPatch } from './json-patch.ts';
import type { PatchOperation } from './json-patch.ts';
import { LookUpError } from './look-up-error.ts';
import { refused, undecided } from './responses.ts';
import type { ReviewResponse } from './review.ts';
import { WEBHOOK_ENTRIES } from './rules.ts';

/**
 * The two halves of admission. `complete` makes of an object what the rules make of it, and refuses what cannot become
 * one. `check` decides whether it may be stored: the same rules over the completed object, with every look-up. Other
 * webhooks may have changed the object in between, so what `check` would still complete was changed back by somebody.
 */

/** The answer of the mutating webhook: a patch that completes the object. */
export async function complete(request: AdmissionRequest, lookUp: LookUp): Promise<ReviewResponse> {
  const verdict = await decide(request, lookUp);
  if (verdict instanceof LookUpError) return undecided(verdict);
  if (!verdict.allowed) return refused(verdict);
  const patch = verdict.object === undefined ? [] : jsonPatch(request.object, verdict.object);
  if (patch.length === 0) return { allowed: true };
  return { allowed: true, patchType: 'JSONPatch', patch: Buffer.from(JSON.stringify(patch)).toString('base64') };
}

/** The answer of the validating webhook. */
export async function check(request: AdmissionRequest, lookUp: LookUp): Promise<ReviewResponse> {
  const verdict = await decide(request, lookUp);
  if (verdict instanceof LookUpError) return undecided(verdict);
  if (!verdict.allowed) return refused(verdict);
  if (verdict.object !== undefined && wentBetween(request, verdict.object)) return undecided(offerWent());
  const faults = verdict.object === undefined ? [] : incompleteFields(request, verdict.object);
  if (faults.length > 0) {
    const fields = faults.map(({ field }) => field).join(', ');
    return refused({ allowed: false, code: 403, message: `${fields}: ${faults[0]?.message ?? ''}`, faults });
  }
  const warnings = verdict.warnings ?? [];
  return { allowed: true, ...(warnings.length === 0 ? {} : { warnings: warnings.map(shortened) }) };
}

async function decide(request: AdmissionRequest, lookUp: LookUp) {
  try {
    return await decideAdmission(request, lookUp);
  } catch (thrown) {
    if (thrown instanceof LookUpError) return thrown;
    throw thrown;
  }
}

const COMPLETED_BY = WEBHOOK_ENTRIES.find(({ configuration }) => configuration === 'MutatingWebhookConfiguration')
  ?.webhook.name;

/** The fields that are not as admission sets them, but for those that may be open still. */
function incompleteFields(request: AdmissionRequest, complete: object): Fault[] {
  const isOpen = openFields(request);
  const fields = jsonPatch(request.object, complete)
    .filter((operation) => !isOpen(operation))
    // The field as users know it: spec.userInfo, not each member of it.
    .map(({ path }) => path.split('/').slice(1, 3).join('.'));
  return [...new Set(fields)].map((field) => ({
    field,
    message:
      `is set by the admission webhook ${COMPLETED_BY ?? ''} and was changed after it, or that webhook is not installed; ` +
      'no other webhook may change it',
  }));
}

/** What the controllers fill in when admission could not: which operations of the patch that would are left to them. */
function openFields({ operation, object, oldObject }: AdmissionRequest): (operation: PatchOperation) => boolean {
  if (operation !== 'CREATE' || oldObject !== undefined || object === undefined) return () => false;
  const spec = (object as { spec?: ServiceInstanceSpec }).spec ?? {};
  const referring = SCOPES.flatMap((scope) => [scope.classRefField, scope.planRefField] as const);
  // Class or plan came up after the mutating webhook was asked: it set neither the plan nor the references.
  const cameUp = referring.every((field) => spec[field] === undefined);
  const planNaming =
    cameUp && namedPlan(spec) === undefined ? SCOPES.flatMap(({ planFields }) => fieldList(planFields)) : [];
  const open = new Set([
    // The name is generated after the mutating webhooks were asked.
    ...(object.metadata.generateName === undefined ? [] : ['/spec/secretName']),
    ...[...planNaming, ...(cameUp ? referring : [])].map((field) => `/spec/${field}`),
  ]);
  return ({ op, path }) => open.has(path) || (cameUp && op === 'add' && LABELS_OF_REFERENCES.test(path));
}

/**
 * Whether the rules would only take references away again: class or plan went after the mutating webhook was asked. Sent
 * once more, the object is completed without them.
 */
function wentBetween({ operation, resource, object }: AdmissionRequest, complete: object): boolean {
  if (operation !== 'CREATE' || resource.plural !== SERVICE_INSTANCES.plural) return false;
  const patch = jsonPatch(object, complete);
  const isReference = ({ path }: PatchOperation): boolean => REFERENCES.has(path);
  return (
    patch.some(isReference) &&
    patch.every((operation) => operation.op === 'remove' && (isReference(operation) || isLabelOfReference(operation)))
  );
}

function offerWent(): LookUpError {
  const message =
    'the class or the plan of the instance went while it was being admitted, or something else set its references; ' +
    'try again';
  return new LookUpError(message, false, undefined);
}

const REFERENCES = new Set(SCOPES.flatMap((scope) => [`/spec/${scope.classRefField}`, `/spec/${scope.planRefField}`]));

function isLabelOfReference({ path }: PatchOperation): boolean {
  return LABELS_OF_REFERENCES.test(path);
}

const LABELS_OF_REFERENCES = /^\/metadata\/labels($|\/servicecatalog\.k8s\.io~1spec\.)/;

/** Longer ones are cut by clients, in the middle of a word. */
const MAX_WARNING_LENGTH = 256;

function shortened(warning: string): string {
  return warning.length <= MAX_WARNING_LENGTH ? warning : `${warning.slice(0, MAX_WARNING_LENGTH - 1)}…`;
}
