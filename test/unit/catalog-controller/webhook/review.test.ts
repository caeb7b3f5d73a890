import { describe, expect, test } from '@jest/globals';
import { readReview, writeReview } from '../../../../catalog-controller/webhook/review.ts';
import { ALICE, anInstance, INSTANCES } from '../../catalog/objects.ts';

const REQUEST = {
  uid: '1',
  kind: { group: 'servicecatalog.k8s.io', version: 'v1beta1', kind: 'ServiceInstance' },
  resource: { group: 'servicecatalog.k8s.io', version: 'v1beta1', resource: 'serviceinstances' },
  name: 'my-db-instance',
  namespace: 'test-ns',
  operation: 'UPDATE',
  userInfo: { ...ALICE, extra: { scopes: ['a', 'b'] } },
  object: anInstance(),
  oldObject: anInstance(),
  dryRun: true,
  options: {},
};

function review(change: object = {}, rest: object = {}): object {
  return {
    apiVersion: 'admission.k8s.io/v1',
    kind: 'AdmissionReview',
    request: { ...REQUEST, ...change },
    ...rest,
  };
}

describe('a review', () => {
  test('is read with all that decides, the user whole', () => {
    const { uid, subject } = readReview(review());
    expect(uid).toBe('1');
    expect(subject).toEqual({
      kind: 'request',
      request: {
        operation: 'UPDATE',
        resource: INSTANCES,
        namespace: 'test-ns',
        name: 'my-db-instance',
        object: anInstance(),
        oldObject: anInstance(),
        user: { ...ALICE, extra: { scopes: ['a', 'b'] } },
      },
    });
  });

  test('may lack what the API server leaves out', () => {
    const { subject } = readReview(
      review({ operation: 'CREATE', name: '', namespace: undefined, oldObject: null, userInfo: {}, subResource: '' }),
    );
    const user = { username: '', uid: '', groups: [], extra: {} };
    expect(subject).toEqual({
      kind: 'request',
      request: { operation: 'CREATE', resource: INSTANCES, object: anInstance(), user },
    });
    expect(readReview(review({ operation: 'DELETE', object: null })).subject).toMatchObject({
      kind: 'request',
      request: { operation: 'DELETE', oldObject: anInstance() },
    });
  });

  test('of another group is none of ours, of an unknown version of our group is nobody else’s', () => {
    const pods = { group: '', version: 'v1', resource: 'pods' };
    expect(readReview(review({ resource: pods })).subject.kind).toBe('none-of-ours');
    expect(readReview(review({ operation: 'CONNECT' })).subject.kind).toBe('none-of-ours');
    for (const change of [{ version: 'v1' }, { resource: 'servicethings' }]) {
      const resource = { ...REQUEST.resource, ...change };
      expect(readReview(review({ resource })).subject).toMatchObject({
        kind: 'unknown-version',
        what: expect.stringContaining('servicecatalog.k8s.io'),
      });
    }
  });

  test.each<[string, unknown, RegExp]>([
    ['nothing', null, /must be an AdmissionReview/],
    ['a list', [], /must be an AdmissionReview/],
    ['another kind', { kind: 'Pod', apiVersion: 'v1' }, /must be an AdmissionReview/],
    ['an older version', review({}, { apiVersion: 'admission.k8s.io/v1beta1' }), /"v1" in .*admissionReviewVersions/],
    ['no request', review({}, { request: null }), /must have a request/],
    ['no uid', review({ uid: undefined }), /uid is required/],
    ['no resource', review({ resource: 'pods' }), /request.resource is required/],
    ['an operation that is none', review({ operation: 'PATCH' }), /CREATE, UPDATE, DELETE or CONNECT/],
    ['no object', review({ object: null }), /request.object is required/],
    ['no old object', review({ oldObject: undefined }), /request.oldObject is required/],
    ['an object that is none', review({ object: 'db' }), /request.object must be an object with metadata/],
    ['an object without metadata', review({ object: { spec: {} } }), /request.object must be an object with metadata/],
    ['a name that is none', review({ name: 5 }), /request.name must be a string/],
    ['no user', review({ userInfo: undefined }), /request.userInfo is required/],
    ['a user that is none', review({ userInfo: { groups: 'all' } }), /request.userInfo must be a user/],
    ['a user with odd extras', review({ userInfo: { extra: { a: 'b' } } }), /request.userInfo must be a user/],
  ])('with %s is refused with one sentence', (_what, body, message) => {
    expect(() => readReview(body)).toThrow(message);
  });

  test('is answered under its own uid', () => {
    expect(writeReview('1', { allowed: true })).toEqual({
      apiVersion: 'admission.k8s.io/v1',
      kind: 'AdmissionReview',
      response: { uid: '1', allowed: true },
    });
  });
});
