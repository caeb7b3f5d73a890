import type { KubeObject } from '../../kube/objects.ts';
import type { AdmissionRequest, Facts, Need, Verdict } from '../admission.ts';
import { API_GROUP, SERVICE_BINDINGS, SERVICE_INSTANCES } from '../resources.ts';
import { SCOPES } from '../scope.ts';
import { bindingRules } from './bindings.ts';
import { brokerRules } from './brokers.ts';
import { instanceRules } from './instances.ts';
import { classRules, planRules } from './offerings.ts';
import { sizeFaults } from './sizes.ts';
import { invalid, NO_FACTS, unanswered } from './verdicts.ts';
import type { Rules } from './verdicts.ts';

/** Admission of every kind: see ../admission.ts for the contract. */

const RULES: ReadonlyMap<string, Rules> = new Map([
  ...SCOPES.flatMap((scope): [string, Rules][] => [
    [scope.brokers.plural, brokerRules(scope)],
    [scope.classes.plural, classRules(scope)],
    [scope.plans.plural, planRules(scope)],
  ]),
  [SERVICE_INSTANCES.plural, instanceRules],
  [SERVICE_BINDINGS.plural, bindingRules],
]);

/** Kinds whose status is checked too. */
const STATUS_CHECKED: ReadonlySet<string> = new Set([SERVICE_BINDINGS.plural]);

/** What has to be looked up and is not in `facts` yet. Empty when {@link admit} can decide. */
export function needs(request: AdmissionRequest, facts: Facts = NO_FACTS): Need[] {
  const rules = rulesFor(request);
  if (rules === undefined || sizeFaults(request).length > 0) return [];
  return unanswered(rules.needs(request, facts), facts);
}

/** Decides. What `facts` do not hold counts as not there and not allowed. */
export function admit(request: AdmissionRequest, facts: Facts): Verdict {
  const rules = rulesFor(request);
  if (rules === undefined) {
    return { allowed: true, ...(request.object === undefined ? {} : { object: request.object }) };
  }
  const tooLarge = sizeFaults(request);
  return tooLarge.length > 0 ? invalid(request, tooLarge) : rules.admit(request, facts);
}

/** What a look-up gives: an object or undefined for `get`, a list for `list`, a boolean for `access`. */
export interface LookUp {
  get(need: Need & { type: 'get' }): Promise<KubeObject | undefined>;
  list(need: Need & { type: 'list' }): Promise<readonly KubeObject[]>;
  mayUser(need: Need & { type: 'access' }): Promise<boolean>;
}

/** More than any rule asks; a rule that never has enough would otherwise never end. */
const MAX_ROUNDS = 8;

/** Looks up what is needed, in as many rounds as it takes, and decides. What `lookUp` throws, this throws. */
export async function decideAdmission(request: AdmissionRequest, lookUp: LookUp): Promise<Verdict> {
  const facts = {
    objects: new Map<string, KubeObject | undefined>(),
    lists: new Map<string, readonly KubeObject[]>(),
    access: new Map<string, boolean>(),
  };
  for (let round = 0; round < MAX_ROUNDS; round += 1) {
    const missing = needs(request, facts);
    if (missing.length === 0) return admit(request, facts);
    await Promise.all(missing.map((need) => answer(need, lookUp, facts)));
  }
  throw new Error(`the rules for ${request.resource.plural} want more look-ups than ${MAX_ROUNDS} rounds give`);
}

async function answer(
  need: Need,
  lookUp: LookUp,
  facts: {
    objects: Map<string, KubeObject | undefined>;
    lists: Map<string, readonly KubeObject[]>;
    access: Map<string, boolean>;
  },
): Promise<void> {
  switch (need.type) {
    case 'get':
      facts.objects.set(need.id, await lookUp.get(need));
      return;
    case 'list':
      facts.lists.set(need.id, await lookUp.list(need));
      return;
    case 'access':
      facts.access.set(need.id, await lookUp.mayUser(need));
  }
}

function rulesFor(request: AdmissionRequest): Rules | undefined {
  const { resource, operation, subresource } = request;
  if (resource.group !== API_GROUP || operation === 'DELETE') return undefined;
  if (subresource !== undefined && !STATUS_CHECKED.has(resource.plural)) return undefined;
  return RULES.get(resource.plural);
}
