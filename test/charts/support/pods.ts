import type { RenderedObject } from './helm.ts';

/** As much of a pod as the tests look at. */
export interface PodTemplate {
  readonly metadata: { readonly labels: Readonly<Record<string, string>> };
  readonly spec: {
    readonly automountServiceAccountToken?: boolean;
    readonly hostNetwork?: boolean;
    readonly securityContext?: Readonly<Record<string, unknown>>;
    readonly initContainers?: readonly Container[];
    readonly containers: readonly Container[];
    readonly volumes: readonly Volume[];
  };
}

export interface Container {
  readonly name: string;
  readonly args?: readonly string[];
  readonly restartPolicy?: string;
  readonly securityContext: Readonly<Record<string, unknown>>;
  readonly resources: { readonly requests?: object; readonly limits?: object };
  readonly volumeMounts: readonly { readonly name: string; readonly mountPath: string }[];
  readonly [field: string]: unknown;
}

interface Volume {
  readonly name: string;
  readonly projected?: { readonly sources: readonly VolumeSource[] };
}

interface VolumeSource {
  readonly secret?: {
    readonly name: string;
    readonly items: readonly { readonly key: string; readonly path: string }[];
  };
  readonly configMap?: { readonly name: string };
}

interface WorkloadSpec {
  readonly template: PodTemplate;
  readonly volumeClaimTemplates?: readonly { readonly metadata: { readonly name: string } }[];
}

/** All containers of a pod, sidecars among them. */
export const containersOf = ({ spec }: PodTemplate): readonly Container[] => [
  ...(spec.initContainers ?? []),
  ...spec.containers,
];

/** The workloads among the objects, with the pods they make. Claims are stood in for by empty folders. */
export function podTemplates(objects: readonly RenderedObject[]): { name: string; template: PodTemplate }[] {
  return objects
    .filter(({ kind }) => kind === 'Deployment' || kind === 'StatefulSet')
    .map((object) => {
      const { template, volumeClaimTemplates = [] } = object['spec'] as WorkloadSpec;
      const claimed = volumeClaimTemplates.map(({ metadata }) => ({ name: metadata.name, emptyDir: {} }));
      const spec = { ...template.spec, volumes: [...template.spec.volumes, ...claimed] };
      return { name: object.metadata.name, template: { ...template, spec } };
    });
}
