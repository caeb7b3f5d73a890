import { join } from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { createDocuments } from '../../../catalog-apiserver/http/documents.ts';
import type { Documents } from '../../../catalog-apiserver/http/documents.ts';
import { KindTable } from '../../../catalog-apiserver/kinds/kind-table.ts';
import { loadDefinitions } from '../../../catalog-apiserver/kinds/load-definitions.ts';

const CRDS = join(import.meta.dirname, '../../../crds');

let kinds: KindTable;
let documents: Documents;

beforeAll(async () => {
  kinds = new KindTable(await loadDefinitions(CRDS));
  documents = createDocuments(kinds);
});

function document(path: string): unknown {
  return JSON.parse(documents.byPath.get(path) ?? 'null') as unknown;
}

interface ApiResource {
  name: string;
  kind: string;
  namespaced: boolean;
  verbs: string[];
  shortNames?: string[];
}

describe('discovery', () => {
  test('has every group once, the core group apart', () => {
    const { groups } = document('/apis') as { groups: { name: string }[] };
    const names = groups.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    expect(names).toEqual([
      'apiextensions.k8s.io',
      'coordination.k8s.io',
      'servicecatalog.k8s.io',
      'authentication.k8s.io',
      'authorization.k8s.io',
    ]);
    expect(document('/api')).toMatchObject({ kind: 'APIVersions', versions: ['v1'] });
  });

  test('says of each resource what can be done with it', () => {
    const resources = (path: string) =>
      Object.fromEntries(
        (document(path) as { resources: ApiResource[] }).resources.map((resource) => [resource.name, resource]),
      );
    const core = resources('/api/v1');
    expect(core['namespaces']).toMatchObject({ namespaced: false, shortNames: ['ns'] });
    expect(core['namespaces/finalize']).toMatchObject({ kind: 'Namespace', verbs: ['update'] });
    expect(resources('/apis/apiextensions.k8s.io/v1')['customresourcedefinitions']?.verbs).toEqual([
      'get',
      'list',
      'watch',
    ]);
    const catalog = resources('/apis/servicecatalog.k8s.io/v1beta1');
    expect(Object.keys(catalog)).toHaveLength(16);
    expect(catalog['serviceinstances/status']).toMatchObject({
      kind: 'ServiceInstance',
      verbs: ['get', 'patch', 'update'],
    });
  });

  test('says the same in one document', () => {
    interface Group {
      metadata: { name?: string };
      versions: {
        version: string;
        resources: { resource: string; verbs: string[]; subresources?: { subresource: string }[] }[];
      }[];
    }
    for (const root of ['/api', '/apis']) {
      const { items } = JSON.parse(documents.aggregated.get(root) ?? '') as { items: Group[] };
      for (const { metadata, versions } of items) {
        for (const { version, resources } of versions) {
          const path = root === '/api' ? `/api/${version}` : `/apis/${metadata.name ?? ''}/${version}`;
          const names = resources.flatMap(({ resource, subresources = [] }) => [
            resource,
            ...subresources.map(({ subresource }) => `${resource}/${subresource}`),
          ]);
          expect(names.sort()).toEqual(
            (document(path) as { resources: ApiResource[] }).resources.map(({ name }) => name).sort(),
          );
        }
      }
    }
  });
});

describe('OpenAPI', () => {
  interface OpenApi {
    components: { schemas: Record<string, { 'x-kubernetes-group-version-kind'?: { kind: string }[] }> };
    paths: Record<string, Record<string, { parameters: { name: string }[] }>>;
  }

  test('has a document for each group and version, and every reference in it leads somewhere', () => {
    const { paths } = document('/openapi/v3') as { paths: Record<string, { serverRelativeURL: string }> };
    expect(Object.keys(paths)).toContain('apis/servicecatalog.k8s.io/v1beta1');
    for (const [path, { serverRelativeURL }] of Object.entries(paths)) {
      expect(serverRelativeURL).toMatch(new RegExp(`^/openapi/v3/${path}\\?hash=[0-9A-F]{32}$`, 'u'));
      const json = documents.byPath.get(`/openapi/v3/${path}`) ?? '';
      const { schemas } = (JSON.parse(json) as OpenApi).components;
      for (const [, name] of json.matchAll(/"#\/components\/schemas\/([^"]+)"/gu))
        expect(schemas).toHaveProperty([name!]);
    }
  });

  test('has every kind, with a description of every field', () => {
    for (const { group, version, kinds: served } of kinds.byGroupVersion()) {
      const path = group === '' ? `/openapi/v3/api/${version}` : `/openapi/v3/apis/${group}/${version}`;
      const { schemas } = (document(path) as OpenApi).components;
      const described = Object.values(schemas).flatMap((schema) => schema['x-kubernetes-group-version-kind'] ?? []);
      for (const kind of served) expect(described.map((entry) => entry.kind)).toContain(kind.resource.kind);
      expect(undescribed(schemas)).toEqual([]);
    }
  });

  test('tells kubectl that writes know fieldValidation and dryRun', () => {
    const { paths } = document('/openapi/v3/apis/servicecatalog.k8s.io/v1beta1') as OpenApi;
    const item = paths['/apis/servicecatalog.k8s.io/v1beta1/namespaces/{namespace}/serviceinstances/{name}'];
    expect(item?.['patch']?.parameters.map(({ name }) => name)).toEqual(['dryRun', 'fieldValidation']);
  });

  test('in version 2 has nothing that version does not know', () => {
    const json = documents.byPath.get('/openapi/v2') ?? '';
    expect(JSON.parse(json)).toMatchObject({ swagger: '2.0' });
    expect(json).not.toMatch(/"(oneOf|anyOf|nullable|x-kubernetes-validations)":/u);
  });
});

/** Paths of properties that nobody described. */
function undescribed(schemas: object): string[] {
  const missing: string[] = [];
  const visit = (schema: unknown, path: string): void => {
    if (typeof schema !== 'object' || schema === null) return;
    const {
      properties = {},
      items,
      additionalProperties,
    } = schema as { properties?: object; items?: unknown; additionalProperties?: unknown };
    for (const [name, property] of Object.entries(properties) as [string, { description?: string }][]) {
      if ((property.description ?? '') === '') missing.push(`${path}.${name}`);
      visit(property, `${path}.${name}`);
    }
    visit(items, `${path}[]`);
    visit(additionalProperties, `${path}{}`);
  };
  for (const [name, schema] of Object.entries(schemas)) visit(schema, name);
  return missing;
}
