import { expect, test } from '@jest/globals';
import { lookUpFor } from '../../../../catalog-controller/webhook/look-up.ts';
import { SCOPES } from '../../../../lib/catalog/scope.ts';
import type { Scope } from '../../../../lib/catalog/scope.ts';
import type { KubeObject } from '../../../../lib/kube/objects.ts';
import { ALICE, aPlan, INSTANCES, metadata, NAMESPACE } from '../../catalog/objects.ts';

/** The names of the plans of a class as an instance that names `plan` gets them, when the copy has `standard` alone. */
async function plansFor(scope: Scope, plan: string): Promise<(string | undefined)[]> {
  const copies: KubeObject[] = [aPlan(scope)];
  const stored: KubeObject[] = [...copies, aPlan(scope, { externalName: 'large' }, 'plan-2')];
  const sources = {
    kube: { list: async () => ({ items: stored }) } as never,
    offerings: { covers: () => true, get: () => undefined, list: () => copies },
  };
  const object = {
    metadata: metadata('my-db-instance'),
    spec: { [scope.classFields.externalName]: 'cloud-mysql', [scope.planFields.externalName]: plan },
  };
  const request = { operation: 'CREATE', resource: INSTANCES, namespace: NAMESPACE, object, user: ALICE } as const;
  const need = { id: 'plans', type: 'list', resource: scope.plans, labelSelector: 'a=b' } as const;
  const plans = await lookUpFor(sources, request, AbortSignal.timeout(5_000)).list(need);
  return plans.map(({ metadata: { name } }) => name);
}

test.each(SCOPES)(
  'a plan of the $name that has just come is found although other plans of its class are copied',
  async (scope) => {
    expect(await plansFor(scope, 'standard')).toEqual(['plan-1']);
    expect(await plansFor(scope, 'large')).toEqual(['plan-1', 'plan-2']);
  },
);
