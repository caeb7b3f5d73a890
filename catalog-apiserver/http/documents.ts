import { aggregatedDiscovery, apiGroup, apiGroupList, apiResourceList, apiVersions, discover } from '../discovery.ts';
import type { KindTable } from '../kinds/kind-table.ts';
import { openApiV2, openApiV3, openApiV3Index } from '../openapi.ts';

/** The version of Kubernetes whose API this server follows. */
const KUBERNETES_VERSION = { major: '1', minor: '32', gitVersion: 'v1.32.0+service-catalog' };

/** Documents that do not change while the server runs, each made once. */
export interface Documents {
  /** Path to JSON text. */
  readonly byPath: ReadonlyMap<string, string>;
  /** `/api` and `/apis` for clients that take everything at once. */
  readonly aggregated: ReadonlyMap<string, string>;
}

export function createDocuments(kinds: KindTable): Documents {
  const groupVersions = kinds.byGroupVersion();
  const discovered = discover(groupVersions);
  const core = discovered.filter((entry) => entry.group === '');
  const named = discovered.filter((entry) => entry.group !== '');
  const openApi = new Map(
    groupVersions.map((entry) => [
      entry.group === '' ? `api/${entry.version}` : `apis/${entry.group}/${entry.version}`,
      JSON.stringify(openApiV3(entry)),
    ]),
  );
  return {
    byPath: new Map([
      ['/api', JSON.stringify(apiVersions())],
      ['/apis', JSON.stringify(apiGroupList(discovered))],
      ...core.map((entry) => [`/api/${entry.version}`, JSON.stringify(apiResourceList(entry))] as const),
      ...named.flatMap(
        (entry) =>
          [
            [`/apis/${entry.group}`, JSON.stringify(apiGroup(entry))],
            [`/apis/${entry.group}/${entry.version}`, JSON.stringify(apiResourceList(entry))],
          ] as const,
      ),
      ['/openapi/v2', JSON.stringify(openApiV2(kinds.all))],
      ['/openapi/v3', JSON.stringify(openApiV3Index(openApi))],
      ...[...openApi].map(([path, json]) => [`/openapi/v3/${path}`, json] as const),
      ['/version', JSON.stringify({ ...KUBERNETES_VERSION, platform: `${process.platform}/${process.arch}` })],
    ]),
    aggregated: new Map([
      ['/api', JSON.stringify(aggregatedDiscovery(core))],
      ['/apis', JSON.stringify(aggregatedDiscovery(named))],
    ]),
  };
}
