import type { AdmissionRequest, Need, Verdict } from '../../../lib/catalog/admission.ts';
import { decideAdmission } from '../../../lib/catalog/admission/admit.ts';
import type { LookUp } from '../../../lib/catalog/admission/admit.ts';
import { classLabels, planLabels } from '../../../lib/catalog/labels.ts';
import { FINALIZER, SERVICE_BINDINGS, SERVICE_INSTANCES } from '../../../lib/catalog/resources.ts';
import type { AnyBroker, AnyClass, AnyPlan, Scope } from '../../../lib/catalog/scope.ts';
import type { ServiceBinding, ServiceInstance } from '../../../lib/catalog/types.generated.ts';
import type { KubeObject, ObjectMeta, Resource } from '../../../lib/kube/objects.ts';

/** Objects as tests need them, and a small world in which admission looks things up. */

export const NAMESPACE = 'test-ns';
export const ALICE = { username: 'alice', uid: '1', groups: ['dev'] };
export const NEW_ID = 'd0c1e2f3-0000-4000-8000-000000000001';

export function metadata(name: string, more: ObjectMeta = {}): ObjectMeta {
  return { name, namespace: NAMESPACE, ...more };
}

export function aBroker(scope: Scope, spec: object = {}): AnyBroker {
  const meta = scope.namespaced ? metadata('broker') : { name: 'broker' };
  return { metadata: { ...meta, uid: 'broker-uid' }, spec: { url: 'https://broker.example.com', ...spec } };
}

export function aClass(scope: Scope, spec: object = {}, name = 'class-1'): AnyClass {
  const object = {
    metadata: scope.namespaced ? metadata(name) : { name },
    spec: {
      [scope.brokerNameField]: 'broker',
      externalName: 'cloud-mysql',
      externalID: 'class-1-id',
      description: 'MySQL',
      bindable: true,
      planUpdatable: true,
      ...spec,
    },
  } as unknown as AnyClass;
  return { ...object, metadata: { ...object.metadata, labels: classLabels(scope, object) } };
}

export function aPlan(scope: Scope, spec: object = {}, name = 'plan-1'): AnyPlan {
  const object = {
    metadata: scope.namespaced ? metadata(name) : { name },
    spec: {
      [scope.brokerNameField]: 'broker',
      [scope.classRefField]: { name: 'class-1' },
      externalName: 'standard',
      externalID: `${name}-id`,
      description: 'Standard',
      free: false,
      ...spec,
    },
  } as unknown as AnyPlan;
  return { ...object, metadata: { ...object.metadata, labels: planLabels(scope, object) } };
}

export function anInstance(spec: object = {}, more: Partial<ServiceInstance> = {}): ServiceInstance {
  return {
    metadata: metadata('my-db-instance'),
    spec: { clusterServiceClassExternalName: 'cloud-mysql', clusterServicePlanExternalName: 'standard', ...spec },
    ...more,
  };
}

export function aBinding(spec: object = {}, more: Partial<ServiceBinding> = {}): ServiceBinding {
  return { metadata: metadata('my-binding'), spec: { instanceRef: { name: 'my-db-instance' }, ...spec }, ...more };
}

/** What there is, and which Secrets the user may read (`namespace/name`). */
export interface World {
  readonly objects?: readonly (readonly [Resource, KubeObject])[];
  readonly readable?: readonly string[];
}

/** Admission of a request, with its look-ups answered from the world and recorded in `asked`. */
export async function decide(
  world: World,
  request: Omit<AdmissionRequest, 'user' | 'operation'> & Partial<AdmissionRequest>,
  asked: Need[] = [],
): Promise<Verdict> {
  const whole: AdmissionRequest = {
    operation: request.oldObject === undefined ? 'CREATE' : 'UPDATE',
    namespace: NAMESPACE,
    user: ALICE,
    newId: { of: 'uid', value: NEW_ID },
    ...request,
  };
  return decideAdmission(whole, lookUpIn(world, asked));
}

/** Answers look-ups from the world and records them in `asked`. */
export function lookUpIn(world: World, asked: Need[] = []): LookUp {
  const of = (resource: Resource, namespace?: string): KubeObject[] =>
    (world.objects ?? [])
      .filter(([known]) => known.plural === resource.plural)
      .map(([, object]) => object)
      .filter((object) => namespace === undefined || object.metadata.namespace === namespace);
  return {
    get: async (need) => {
      asked.push(need);
      return of(need.resource, need.namespace).find((object) => object.metadata.name === need.name);
    },
    list: async (need) => {
      asked.push(need);
      const wanted = need.labelSelector === '' ? [] : need.labelSelector.split(',').map((part) => part.split('='));
      return of(need.resource, need.namespace).filter((object) =>
        wanted.every(([key, value]) => object.metadata.labels?.[key!] === value),
      );
    },
    mayUser: async (need) => {
      asked.push(need);
      return (world.readable ?? []).includes(`${need.namespace ?? ''}/${need.name}`);
    },
  };
}

/** The object that was let in; fails the test when it was not. */
export function admitted(verdict: Verdict): KubeObject & { spec: Record<string, unknown> } {
  if (!verdict.allowed) throw new Error(`refused: ${verdict.message}`);
  return verdict.object as KubeObject & { spec: Record<string, unknown> };
}

/** What a refusal says; fails the test when there was none. */
export function refusal(verdict: Verdict): { code: number; message: string; fields: string[] } {
  if (verdict.allowed) throw new Error('it was let in');
  return { code: verdict.code, message: verdict.message, fields: verdict.faults.map(({ field }) => field) };
}

export const INSTANCES = SERVICE_INSTANCES;
export const BINDINGS = SERVICE_BINDINGS;
export { FINALIZER };
