import type { KubeObject, Resource } from './objects.ts';

/** The built-in resources the programs touch, with as much of their types as is used. */

export interface Namespace extends KubeObject {
  spec?: { finalizers?: string[] };
  status?: { phase?: 'Active' | 'Terminating'; conditions?: object[] };
}

export interface Secret extends KubeObject {
  type?: string;
  /** Values are base64. */
  data?: Record<string, string>;
  stringData?: Record<string, string>;
  immutable?: boolean;
}

export interface ConfigMap extends KubeObject {
  data?: Record<string, string>;
  binaryData?: Record<string, string>;
}

export interface Lease extends KubeObject {
  spec?: {
    holderIdentity?: string;
    leaseDurationSeconds?: number;
    acquireTime?: string;
    renewTime?: string;
    leaseTransitions?: number;
  };
}

export interface Event extends KubeObject {
  involvedObject: {
    apiVersion?: string;
    kind?: string;
    namespace?: string;
    name?: string;
    uid?: string;
    resourceVersion?: string;
  };
  reason?: string;
  message?: string;
  type?: 'Normal' | 'Warning';
  source?: { component?: string; host?: string };
  reportingComponent?: string;
  reportingInstance?: string;
  firstTimestamp?: string | null;
  lastTimestamp?: string | null;
  count?: number;
}

/** A question to the API server: may this user do this? (`authorization.k8s.io/v1`) */
export interface SubjectAccessReview extends KubeObject {
  spec: {
    user: string;
    uid: string;
    groups: readonly string[];
    extra: Readonly<Record<string, readonly string[]>>;
    resourceAttributes: { verb: string; group: string; resource: string; namespace: string; name: string };
  };
  status?: { allowed: boolean; reason?: string };
}

const core = { group: '', version: 'v1' } as const;

export const NAMESPACES: Resource<Namespace> = { ...core, kind: 'Namespace', plural: 'namespaces', namespaced: false };
export const SECRETS: Resource<Secret> = { ...core, kind: 'Secret', plural: 'secrets', namespaced: true };
export const CONFIG_MAPS: Resource<ConfigMap> = { ...core, kind: 'ConfigMap', plural: 'configmaps', namespaced: true };
export const EVENTS: Resource<Event> = { ...core, kind: 'Event', plural: 'events', namespaced: true };
export const LEASES: Resource<Lease> = {
  group: 'coordination.k8s.io',
  version: 'v1',
  kind: 'Lease',
  plural: 'leases',
  namespaced: true,
};
export const SUBJECT_ACCESS_REVIEWS: Resource<SubjectAccessReview> = {
  group: 'authorization.k8s.io',
  version: 'v1',
  kind: 'SubjectAccessReview',
  plural: 'subjectaccessreviews',
  namespaced: false,
};
