import { expect, test } from '@jest/globals';
import { serviceContext } from '../../../lib/catalog/service-context.ts';
import { originatingIdentity, storedUserInfo } from '../../../lib/catalog/user-info.ts';

test('the context of an instance says where it is', () => {
  expect(serviceContext({ name: 'my-db', namespace: 'test-ns', clusterId: 'c1' })).toEqual({
    platform: 'kubernetes',
    namespace: 'test-ns',
    clusterid: 'c1',
    instance_name: 'my-db',
  });
});

test('a user is stored without empty parts and sent to the broker the same', () => {
  const user = { username: 'alice', groups: [], extra: {} };
  expect(storedUserInfo(user)).toEqual({ username: 'alice', uid: '' });
  expect(originatingIdentity(user)).toEqual({ platform: 'kubernetes', value: { username: 'alice', uid: '' } });
  const whole = { username: 'a', uid: '1', groups: ['g'], extra: { scopes: ['x'] } };
  expect(originatingIdentity(whole)?.value).toEqual(whole);
});

test('nobody is not sent', () => {
  expect(originatingIdentity(undefined)).toBeUndefined();
});
