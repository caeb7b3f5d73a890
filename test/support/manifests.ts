/** Manifests as a user writes them, as JSON text for `kubectl apply -f -`. */

export interface InstanceOptions {
  readonly namespace: string;
  readonly name: string;
  /** The class's external name; `cloud-postgresql` when absent. */
  readonly className?: string;
  readonly plan?: string;
  readonly parameters?: Record<string, unknown>;
}

export function instance({ namespace, name, className, plan, parameters }: InstanceOptions): string {
  return JSON.stringify({
    apiVersion: 'servicecatalog.k8s.io/v1beta1',
    kind: 'ServiceInstance',
    metadata: { namespace, name },
    spec: {
      clusterServiceClassExternalName: className ?? 'cloud-postgresql',
      clusterServicePlanExternalName: plan ?? 'small',
      ...(parameters === undefined ? {} : { parameters }),
    },
  });
}

export interface BindingOptions {
  readonly namespace: string;
  readonly name: string;
  readonly instance: string;
  readonly secretName?: string;
  readonly parameters?: Record<string, unknown>;
}

export function binding({ namespace, name, instance: of, secretName, parameters }: BindingOptions): string {
  return JSON.stringify({
    apiVersion: 'servicecatalog.k8s.io/v1beta1',
    kind: 'ServiceBinding',
    metadata: { namespace, name },
    spec: {
      instanceRef: { name: of },
      ...(secretName === undefined ? {} : { secretName }),
      ...(parameters === undefined ? {} : { parameters }),
    },
  });
}

export function namespace(name: string): string {
  return JSON.stringify({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
}

export function clusterBroker(name: string, url: string, spec: Record<string, unknown> = {}): string {
  return JSON.stringify({
    apiVersion: 'servicecatalog.k8s.io/v1beta1',
    kind: 'ClusterServiceBroker',
    metadata: { name },
    spec: { url, ...spec },
  });
}
