import { describe, expect, test } from '@jest/globals';
import { acceptsAggregatedDiscovery, negotiate } from '../../../../catalog-apiserver/http/negotiate.ts';
import {
  readDeleteOptions,
  readDryRun,
  readFieldValidation,
  readListRequest,
  readWatchRequest,
} from '../../../../catalog-apiserver/http/query.ts';
import { parseResourcePath } from '../../../../catalog-apiserver/http/request-path.ts';
import { SECRET_KIND } from '../../../../catalog-apiserver/kinds/secret.ts';
import { decodeContinue, encodeContinue } from '../../../../catalog-apiserver/registry/continue-token.ts';

const query = (text: string): URLSearchParams => new URLSearchParams(text);

describe('a path', () => {
  const core = { group: '', version: 'v1' };
  const catalog = { group: 'servicecatalog.k8s.io', version: 'v1beta1' };

  test.each([
    ['/api/v1/namespaces', { ...core, plural: 'namespaces' }],
    ['/api/v1/namespaces/x', { ...core, plural: 'namespaces', name: 'x' }],
    ['/api/v1/namespaces/x/finalize', { ...core, plural: 'namespaces', name: 'x', subresource: 'finalize' }],
    ['/api/v1/namespaces/x/secrets', { ...core, plural: 'secrets', namespace: 'x' }],
    ['/api/v1/namespaces/x/secrets/s', { ...core, plural: 'secrets', namespace: 'x', name: 's' }],
    ['/api/v1/secrets', { ...core, plural: 'secrets' }],
    [
      '/apis/servicecatalog.k8s.io/v1beta1/namespaces/x/serviceinstances/i/status',
      { ...catalog, plural: 'serviceinstances', namespace: 'x', name: 'i', subresource: 'status' },
    ],
    [
      '/apis/servicecatalog.k8s.io/v1beta1/clusterservicebrokers/b',
      { ...catalog, plural: 'clusterservicebrokers', name: 'b' },
    ],
    [
      '/apis/servicecatalog.k8s.io/v1beta1/namespaces/x/status/y',
      { ...catalog, plural: 'status', namespace: 'x', name: 'y' },
    ],
    ['/api/v1/secrets/a%2Fb', { ...core, plural: 'secrets', name: 'a/b' }],
  ])('%s', (path, expected) => {
    expect(parseResourcePath(path)).toEqual(expected);
  });

  test.each([
    '/',
    '/api',
    '/api/v1',
    '/apis/g/v1',
    '/foo/v1/x',
    '/api/v1//secrets',
    '/api/v1/secrets/a/b/c',
    '/api/v1/%zz',
  ])('%s is no resource', (path) => {
    expect(parseResourcePath(path)).toBeUndefined();
  });
});

describe('negotiation', () => {
  test.each([
    [undefined, { format: 'json', as: 'Object' }],
    ['*/*', { format: 'json', as: 'Object' }],
    ['application/yaml', { format: 'yaml', as: 'Object' }],
    ['application/vnd.kubernetes.protobuf, application/json', { format: 'json', as: 'Object' }],
    [
      'application/json;as=Table;v=v1;g=meta.k8s.io,application/json;as=Table;v=v1beta1;g=meta.k8s.io,application/json',
      { format: 'json', as: 'Table' },
    ],
    ['application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1', { format: 'json', as: 'Partial' }],
    ['application/json;as=Table;v=v1beta1;g=meta.k8s.io,application/json', { format: 'json', as: 'Object' }],
    ['application/json; charset=utf-8', { format: 'json', as: 'Object' }],
  ])('%s', (accept, expected) => {
    expect(negotiate(accept)).toEqual(expected);
  });

  test('refuses what this server cannot write', () => {
    expect(() => negotiate('application/vnd.kubernetes.protobuf')).toThrow('only the following media types');
    expect(() => negotiate('application/json;as=Table;v=v9;g=meta.k8s.io')).toThrow('only the following media types');
  });

  test('knows who wants all of discovery at once', () => {
    const kubectl =
      'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList,application/json';
    expect(acceptsAggregatedDiscovery(kubectl)).toBe(true);
    expect(acceptsAggregatedDiscovery('application/json')).toBe(false);
  });
});

describe('query parameters', () => {
  const signal = new AbortController().signal;

  test.each([
    ['limit=-1', 'limit'],
    ['limit=x', 'limit'],
    ['resourceVersion=abc', 'resourceVersion'],
    ['resourceVersionMatch=Exact', 'forbidden unless resourceVersion'],
    ['resourceVersionMatch=Near&resourceVersion=1', 'Unsupported value'],
    ['resourceVersionMatch=Exact&resourceVersion=0', 'forbidden for resourceVersion "0"'],
    ['labelSelector=a=b=c', 'unable to parse'],
    ['fieldSelector=spec.x=1', 'field label not supported'],
  ])('of a list: %s is refused', (text, message) => {
    expect(() => readListRequest(query(text), SECRET_KIND)).toThrow(message);
  });

  test('of a list are all optional', () => {
    expect(readListRequest(query('limit=0&continue=&resourceVersion='), SECRET_KIND)).toEqual({
      matches: undefined,
      exact: false,
    });
  });

  test.each([
    ['sendInitialEvents=true', 'resourceVersionMatch=NotOlderThan'],
    ['resourceVersionMatch=NotOlderThan', 'sendInitialEvents'],
    ['timeoutSeconds=soon', 'timeoutSeconds'],
  ])('of a watch: %s is refused', (text, message) => {
    expect(() => readWatchRequest(query(text), SECRET_KIND, signal)).toThrow(message);
  });

  test('of a watch without a time-out end it within half an hour to an hour', () => {
    const { timeoutMs } = readWatchRequest(query(''), SECRET_KIND, signal);
    expect(timeoutMs).toBeGreaterThanOrEqual(1_800_000);
    expect(timeoutMs).toBeLessThanOrEqual(3_600_000);
    expect(readWatchRequest(query('timeoutSeconds=5'), SECRET_KIND, signal).timeoutMs).toBe(5_000);
  });

  test('of writes', () => {
    expect(readDryRun(query('dryRun=All'))).toBe(true);
    expect(() => readDryRun(query('dryRun=Server'))).toThrow('dryRun');
    expect(readFieldValidation(query(''))).toBe('Warn');
    expect(() => readFieldValidation(query('fieldValidation=Loose'))).toThrow('fieldValidation');
  });

  test('of deletions come from the body, else from the query', () => {
    const body = { value: { propagationPolicy: 'Orphan', preconditions: { uid: 'u' } }, duplicates: [] };
    expect(readDeleteOptions(query('propagationPolicy=Foreground'), body)).toEqual({
      propagationPolicy: 'Orphan',
      preconditions: { uid: 'u' },
      dryRun: false,
    });
    expect(readDeleteOptions(query('propagationPolicy=Foreground&dryRun=All'), undefined)).toEqual({
      propagationPolicy: 'Foreground',
      preconditions: {},
      dryRun: true,
    });
    expect(() => readDeleteOptions(query('propagationPolicy=Whatever'), undefined)).toThrow('propagationPolicy');
    expect(() => readDeleteOptions(query('orphanDependents=true'), undefined)).toThrow('use propagationPolicy');
    expect(() => readDeleteOptions(query(''), { value: { preconditions: { uid: 1 } }, duplicates: [] })).toThrow(
      'preconditions',
    );
  });
});

describe('a continue token', () => {
  test('leads back to where it was made', () => {
    const point = { revision: 42, namespace: 'n', name: 'x' };
    expect(decodeContinue(encodeContinue(point))).toEqual(point);
  });

  test.each([
    'garbage',
    '',
    Buffer.from('{"v":2}').toString('base64url'),
    Buffer.from('{"v":1,"rv":"x"}').toString('base64url'),
  ])('that nobody made is refused: %s', (token) => {
    expect(() => decodeContinue(token)).toThrow('continue key is not valid');
  });
});
