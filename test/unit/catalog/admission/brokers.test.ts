import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { SCOPES } from '../../../../lib/catalog/scope.ts';
import type { Need } from '../../../../lib/catalog/admission.ts';
import { aBroker, admitted, decide, FINALIZER, refusal } from '../objects.ts';

const certificate = readFileSync(new URL('./certificate.pem', import.meta.url)).toString('base64');

describe.each(SCOPES)('a broker in the scope of the $name', (scope) => {
  const resource = scope.brokers;
  const secretRef = scope.namespaced ? { name: 'auth' } : { namespace: 'other', name: 'auth' };
  const secret = scope.namespaced ? 'test-ns/auth' : 'other/auth';
  const authInfo = { basic: { secretRef } };
  const withAuth = aBroker(scope, { authInfo, relistBehavior: 'Duration', relistRequests: 3 });

  test('gets our finalizer behind those of the user, and its defaults', async () => {
    const broker = aBroker(scope);
    broker.metadata.finalizers = ['theirs'];
    const object = admitted(await decide({}, { resource, object: broker }));
    expect(object.metadata.finalizers).toEqual(['theirs', FINALIZER]);
    expect(object.spec).toMatchObject({ relistBehavior: 'Duration', relistRequests: 0 });
  });

  test.each<[string, object, string]>([
    ['no URL', { url: '' }, 'spec.url: is required'],
    ['a URL that is none', { url: 'broker' }, 'spec.url: must be a URL such as'],
    ['a URL of another protocol', { url: 'ftp://x' }, 'spec.url: must begin with https:// or http://'],
    ['a URL with a query', { url: 'https://x?a=1' }, 'spec.url: must not have a query'],
    ['an unknown way to be read again', { relistBehavior: 'Never' }, 'spec.relistBehavior: must be Duration or Manual'],
    [
      'a duration that is none',
      { relistDuration: 'soon' },
      'spec.relistDuration: must be a duration greater than zero',
    ],
    ['a duration of nothing', { relistDuration: '0s' }, 'spec.relistDuration: must be a duration greater than zero'],
    [
      'a duration that is too short',
      { relistDuration: '29.9s' },
      'spec.relistDuration: must be at least 30s, such as 15m; raise relistRequests by one to read the catalog now',
    ],
    ['a negative counter', { relistRequests: -1 }, 'spec.relistRequests: must not be negative'],
    ['authentication without a way', { authInfo: {} }, 'spec.authInfo: must have exactly one of'],
    ['authentication without a Secret', { authInfo: { basic: {} } }, 'spec.authInfo: must have exactly one of'],
    [
      'a Secret that has no name',
      { authInfo: { bearer: { secretRef: { ...secretRef, name: 'A_B' } } } },
      'spec.authInfo.bearer.secretRef.name: must be',
    ],
    [
      'an authority and none checked',
      { caBundle: certificate, insecureSkipTLSVerify: true },
      'spec.insecureSkipTLSVerify: must not be true together with caBundle',
    ],
    ['an authority that is none', { caBundle: 'aGVsbG8=' }, 'spec.caBundle: must be PEM certificates'],
    [
      'an authority that only looks like one',
      { caBundle: Buffer.from('-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----').toString('base64') },
      'spec.caBundle: must be PEM certificates',
    ],
    [
      'a restriction that is none',
      { catalogRestrictions: { servicePlan: ['spec.size=1'] } },
      'spec.catalogRestrictions.servicePlan[0]: "spec.size" is not a property',
    ],
    ['a URL of the wrong type', { url: 5 }, 'spec.url: must be a string'],
    [
      'restrictions of the wrong type',
      { catalogRestrictions: { serviceClass: [5] } },
      'serviceClass[0]: must be a string',
    ],
  ])('with %s is malformed, and the message says how it should be', async (_what, spec, message) => {
    const refused = refusal(await decide({ readable: [secret] }, { resource, object: aBroker(scope, spec) }));
    expect(refused).toMatchObject({ code: 422, message: expect.stringContaining(message) });
  });

  test('with a password in its URL is malformed, and the message does not repeat it', async () => {
    const object = aBroker(scope, { url: 'https://user:s3cret@broker.example.com' });
    const refused = refusal(await decide({}, { resource, object }));
    expect(refused.message).toContain('must not hold credentials');
    expect(refused.message).not.toContain('s3cret');
  });

  test('may be read every half minute, and keeps what is shorter from earlier', async () => {
    admitted(await decide({}, { resource, object: aBroker(scope, { relistDuration: '30s' }) }));
    const old = aBroker(scope, { relistDuration: '1s', relistBehavior: 'Duration', relistRequests: 0 });
    const object = { ...old, spec: { ...old.spec, relistRequests: 1 } };
    expect(admitted(await decide({}, { resource, object, oldObject: old })).spec.relistDuration).toBe('1s');
    const shorter = { ...old, spec: { ...old.spec, relistDuration: '2s' } };
    expect(refusal(await decide({}, { resource, object: shorter, oldObject: old })).code).toBe(422);
  });

  test('with an authority is let in', async () => {
    admitted(await decide({}, { resource, object: aBroker(scope, { caBundle: certificate }) }));
  });

  test('may name a Secret its maker can read, and no other', async () => {
    const object = aBroker(scope, { authInfo });
    admitted(await decide({ readable: [secret] }, { resource, object }));
    expect(refusal(await decide({ readable: [] }, { resource, object }))).toMatchObject({
      code: 403,
      message: expect.stringContaining('broker forbidden access to auth secret (auth)'),
    });
  });

  test.each([
    ['the URL', { url: 'https://mine.example.com' }],
    ['the authority', { caBundle: certificate }],
    ['the check of certificates', { insecureSkipTLSVerify: true }],
    ['the Secret', { authInfo: { basic: { secretRef: { ...secretRef, name: 'another' } } } }],
  ])('can be given another of %s only by who can read the Secret', async (_what, change) => {
    const object = { ...withAuth, spec: { ...withAuth.spec, ...change } };
    const refused = refusal(await decide({}, { resource, object, oldObject: withAuth }));
    expect(refused.code).toBe(403);
    // The controllers still take leave of every instance with these credentials.
    const leaving = { deletionTimestamp: '2026-01-01T00:00:00Z' };
    const [going, goingOld] = [object, withAuth].map((broker) => ({
      ...broker,
      metadata: { ...broker.metadata, ...leaving },
    }));
    expect(refusal(await decide({}, { resource, object: going!, oldObject: goingOld! })).code).toBe(403);
    admitted(
      await decide(
        { readable: [secret, secret.replace('/auth', '/another')] },
        { resource, object: going!, oldObject: goingOld! },
      ),
    );
  });

  test('can be read again by who cannot read the Secret', async () => {
    const object = { ...withAuth, spec: { ...withAuth.spec, relistRequests: 4 } };
    const asked: Need[] = [];
    expect(admitted(await decide({}, { resource, object, oldObject: withAuth }, asked)).spec.relistRequests).toBe(4);
    expect(asked).toEqual([]);
  });

  test('keeps its counter when a client sends none or zero, and does not let it fall', async () => {
    const change = async (relistRequests: unknown) =>
      decide(
        {},
        { resource, object: { ...withAuth, spec: { ...withAuth.spec, relistRequests } } as never, oldObject: withAuth },
      );
    expect(admitted(await change(0)).spec.relistRequests).toBe(3);
    expect(admitted(await change(undefined)).spec.relistRequests).toBe(3);
    expect(admitted(await change(null)).spec.relistRequests).toBe(3);
    expect(refusal(await change(2))).toMatchObject({ code: 422, fields: ['spec.relistRequests'] });
  });

  test('can lose its finalizer even when its spec would not be let in today', async () => {
    const old = { ...aBroker(scope, { url: 'not a url', relistBehavior: 'Duration', relistRequests: 0 }) };
    old.metadata = { ...old.metadata, finalizers: [FINALIZER], deletionTimestamp: '2026-01-01T00:00:00Z' };
    const object = { ...old, metadata: { ...old.metadata, finalizers: [] } };
    expect(admitted(await decide({}, { resource, object, oldObject: old })).metadata.finalizers).toEqual([]);
  });
});
