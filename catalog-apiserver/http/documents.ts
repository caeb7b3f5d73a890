import { aggregatedDiscovery, apiGroup, apiGroupList, apiResourceList, apiVersions, discover } from '../discovery.ts';
import type { KindTable } from '../kinds/kind-table.ts';
import { openApiV2, openApiV3, openApiV3Index } from '../openapi.ts';

/** The version of Kubernetes whose API this server follows. */
const KUBERNETES_VERSION = { major: '1', minor: '32', gitVersion: 'v1.32.0+service-catalog' };

/** The type kubectl asks `/openapi/v2` for, when it did not find what it looked for in v3. */
export const OPENAPI_V2_PROTOBUF_ACCEPTED = 'application/com.github.proto-openapi.spec.v2@v1.0+protobuf';

/** The same as the type of an answer, where an at sign may not stand. */
export const OPENAPI_V2_PROTOBUF = 'application/com.github.proto-openapi.spec.v2.v1.0+protobuf';

/**
 * An OpenAPI v2 document in protobuf that describes nothing: `swagger: "2.0"`, a title and a version. Clients then
 * leave checking to the server, which refuses with a reason; without the document they stop at not having it.
 */
export const EMPTY_OPENAPI_V2 = Buffer.concat([
  Buffer.from([0x0a, 3]),
  Buffer.from('2.0'),
  Buffer.from([0x12, 19, 0x0a, 15]),
  Buffer.from('Service Catalog'),
  Buffer.from([0x12, 0]),
]);

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
