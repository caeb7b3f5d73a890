import { describe, expect, test } from '@jest/globals';
import { authorization, parseTarget, trust } from '../../../lib/osb/client-options.ts';
import { createOsbClient } from '../../../lib/osb/client.ts';

describe("a broker's URL", () => {
  test.each([
    ['http://broker', 'http://broker', ''],
    ['https://broker:8443/', 'https://broker:8443', ''],
    ['https://broker/a/b//', 'https://broker', '/a/b'],
    ['http://[::1]:80/x', 'http://[::1]', '/x'],
  ])('%s is taken apart', (url, origin, basePath) => {
    expect(parseTarget(url)).toEqual({ origin, basePath });
  });

  test.each(['', 'broker', 'ftp://broker', 'file:///etc/passwd', 'http://', 'http://b?x=1', 'http://b#x'])(
    '%p is refused',
    (url) => {
      expect(() => parseTarget(url)).toThrow(/the URL of the broker must/);
    },
  );

  test('with a password in it is refused without being quoted', () => {
    expect(() => parseTarget('https://user:hunter2@broker')).toThrow(/^(?!.*hunter2).*authInfo/);
  });
});

describe('authentication', () => {
  test('refuses a token with the line break that files end with, and says so', () => {
    expect(() => authorization({ bearer: 'abc\n' })).toThrow(/line break/);
    expect(() => authorization({ bearer: '' })).toThrow(/empty/);
    expect(authorization({ bearer: 'abc' })).toEqual({ header: 'Bearer abc', secrets: ['abc'] });
  });

  test('refuses a user name with a colon, which no header can carry', () => {
    expect(() => authorization({ basic: { username: 'a:b', password: 'c' } })).toThrow(/colon/);
  });
});

describe('trust', () => {
  test('is the system by default', () => {
    expect(trust({})).toEqual({ rejectUnauthorized: true });
    expect(trust({ insecureSkipTlsVerify: true })).toEqual({ rejectUnauthorized: false });
  });

  test.each([
    '',
    'not PEM',
    '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----',
    '-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----',
  ])('refuses the bundle %j before any connection is tried', (caBundle) => {
    expect(() => createOsbClient({ url: 'https://broker', caBundle })).toThrow(/caBundle is not/);
  });

  test('refuses both answers at once', () => {
    expect(() => trust({ caBundle: 'x', insecureSkipTlsVerify: true })).toThrow(/exclude/);
  });
});
