import type { Kind } from './kinds/kind.ts';

/** What discovery says about one resource or subresource. */
interface DiscoveredResource {
  readonly name: string;
  readonly singularName: string;
  readonly namespaced: boolean;
  readonly kind: string;
  readonly verbs: readonly string[];
  readonly shortNames?: readonly string[];
  readonly categories?: readonly string[];
  readonly storageVersionHash?: string;
}

/** One version of a group with its resources. */
export interface DiscoveredVersion {
  readonly group: string;
  readonly version: string;
  readonly resources: readonly DiscoveredResource[];
}

/** Groups whose resources are questions: they are answered and never stored. */
const REVIEWS: readonly DiscoveredVersion[] = [
  {
    group: 'authentication.k8s.io',
    version: 'v1',
    resources: [review('selfsubjectreviews', 'SelfSubjectReview')],
  },
  {
    group: 'authorization.k8s.io',
    version: 'v1',
    resources: [
      review('selfsubjectaccessreviews', 'SelfSubjectAccessReview'),
      review('subjectaccessreviews', 'SubjectAccessReview'),
    ],
  },
];

function review(name: string, kind: string): DiscoveredResource {
  return { name, singularName: kind.toLowerCase(), namespaced: false, kind, verbs: ['create'] };
}

/** Everything that is served, from the kinds. */
export function discover(
  groupVersions: readonly { group: string; version: string; kinds: readonly Kind[] }[],
): DiscoveredVersion[] {
  const stored = groupVersions.map(({ group, version, kinds }) => ({
    group,
    version,
    resources: kinds.flatMap(resourcesOf),
  }));
  return [...stored, ...REVIEWS];
}

function resourcesOf(kind: Kind): DiscoveredResource[] {
  const { plural, namespaced, kind: name } = kind.resource;
  const main = {
    name: plural,
    singularName: kind.singular,
    namespaced,
    kind: name,
    verbs: kind.verbs,
    ...(kind.shortNames.length === 0 ? {} : { shortNames: kind.shortNames }),
    ...(kind.categories.length === 0 ? {} : { categories: kind.categories }),
  };
  const below = kind.subresources.map((subresource) => ({
    name: `${plural}/${subresource}`,
    singularName: '',
    namespaced,
    kind: name,
    verbs: subresource === 'finalize' ? ['update'] : ['get', 'patch', 'update'],
  }));
  return [main, ...below];
}

/** `GET /api` */
export function apiVersions(): object {
  return { kind: 'APIVersions', versions: ['v1'], serverAddressByClientCIDRs: [] };
}

/** `GET /apis` */
export function apiGroupList(versions: readonly DiscoveredVersion[]): object {
  return {
    kind: 'APIGroupList',
    apiVersion: 'v1',
    groups: versions.filter((entry) => entry.group !== '').map(groupOf),
  };
}

/** `GET /apis/GROUP` */
export function apiGroup(entry: DiscoveredVersion): object {
  return { kind: 'APIGroup', apiVersion: 'v1', ...groupOf(entry) };
}

function groupOf({ group, version }: DiscoveredVersion): object {
  const served = { groupVersion: `${group}/${version}`, version };
  return { name: group, versions: [served], preferredVersion: served };
}

/** `GET /api/v1`, `GET /apis/GROUP/VERSION` */
export function apiResourceList({ group, version, resources }: DiscoveredVersion): object {
  const groupVersion = group === '' ? version : `${group}/${version}`;
  return { kind: 'APIResourceList', apiVersion: 'v1', groupVersion, resources };
}

/** `GET /api` and `GET /apis` for clients that take everything at once (`apidiscovery.k8s.io/v2`). */
export function aggregatedDiscovery(versions: readonly DiscoveredVersion[]): object {
  return {
    kind: 'APIGroupDiscoveryList',
    apiVersion: 'apidiscovery.k8s.io/v2',
    metadata: {},
    items: versions.map((entry) => ({
      metadata: entry.group === '' ? {} : { name: entry.group },
      versions: [{ version: entry.version, resources: aggregatedResources(entry), freshness: 'Current' }],
    })),
  };
}

function aggregatedResources({ group, version, resources }: DiscoveredVersion): object[] {
  const kindOf = (resource: DiscoveredResource): object => ({ group, version, kind: resource.kind });
  return resources
    .filter((resource) => !resource.name.includes('/'))
    .map((resource) => {
      const below = resources.filter((other) => other.name.startsWith(`${resource.name}/`));
      return {
        resource: resource.name,
        responseKind: kindOf(resource),
        scope: resource.namespaced ? 'Namespaced' : 'Cluster',
        singularResource: resource.singularName,
        verbs: resource.verbs,
        ...(resource.shortNames ? { shortNames: resource.shortNames } : {}),
        ...(resource.categories ? { categories: resource.categories } : {}),
        ...(below.length === 0
          ? {}
          : {
              subresources: below.map((subresource) => ({
                subresource: subresource.name.slice(resource.name.length + 1),
                responseKind: kindOf(subresource),
                verbs: subresource.verbs,
              })),
            }),
      };
    });
}
