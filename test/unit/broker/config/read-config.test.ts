import { describe, expect, test } from '@jest/globals';
import { DEFAULT_SERVICES } from '../../../../broker/catalog/default-services.ts';
import { parseConfig } from '../../../../broker/config/read-config.ts';

const FILES: Record<string, string> = {
  password: 'secret-value\n',
  key: `${Buffer.alloc(32, 1).toString('base64')}\n`,
  'short-key': 'c2hvcnQ=\n',
  empty: '\n',
  'two-lines': 'a\nb\n',
  'ca.pem': '-----BEGIN CERTIFICATE-----\n…\n-----END CERTIFICATE-----\n',
};

const readFile = (name: string): string => {
  const text = FILES[name];
  if (text === undefined) throw Object.assign(new Error('no such file'), { code: 'ENOENT' });
  return text;
};

const SERVER = `
  - name: postgres-1
    engine: postgresql
    serves: ["18", "18.4"]
    admin: { host: localhost, port: 5432, username: postgres, passwordFile: password }
    advertise: { host: db.example.org, port: 5432, tls: { caFile: ca.pem } }`;

const VALID = `
listen: { host: 127.0.0.1, port: 8080 }
auth:
  - { username: catalog, passwordFile: password }
store: { url: "postgresql://broker@localhost:5432/broker", passwordFile: password }
encryption: { keys: [ { label: k1, keyFile: key } ] }
servers:${SERVER}
`;

/** The mistakes, as `line:path: message`. */
function mistakes(text: string): string[] {
  const result = parseConfig(text, readFile);
  if ('config' in result) return [];
  return result.mistakes.map(({ line, path, message }) => `${line}:${path}: ${message}`);
}

test('a valid file gives the configuration, with secrets from files and defaults for the rest', () => {
  const result = parseConfig(VALID, readFile);
  if (!('config' in result)) throw new Error(JSON.stringify(result.mistakes));
  const { config } = result;
  expect(config.auth).toEqual([{ username: 'catalog', password: 'secret-value' }]);
  expect(config.encryption.keys[0]?.key).toHaveLength(32);
  expect(config.servers[0]?.advertise.tls?.ca).toContain('BEGIN CERTIFICATE');
  expect(config.servers[0]?.admin.tls).toBeUndefined();
  expect(config.services).toBe(DEFAULT_SERVICES);
  expect(config.limits.operationsPerServer).toBe(8);
});

test('every address is written as a star, and is an empty host to who listens', () => {
  const result = parseConfig(VALID.replace('host: 127.0.0.1', "host: '*'"), readFile);
  expect(result).toMatchObject({ config: { listen: { host: '', port: 8080 } } });
});

test('a certificate is named by where it is, because it is read again, and is looked at all the same', () => {
  const tls = (certFile: string): string =>
    VALID.replace('port: 8080', `port: 8080, tls: { certFile: ${certFile}, keyFile: ca.pem }`);
  expect(parseConfig(tls('ca.pem'), readFile, (name) => `/etc/broker/${name}`)).toMatchObject({
    config: {
      listen: {
        tls: {
          cert: { flag: 'listen.tls.certFile', path: '/etc/broker/ca.pem' },
          key: { flag: 'listen.tls.keyFile', path: '/etc/broker/ca.pem' },
        },
      },
    },
  });
  expect(mistakes(tls('password'))).toEqual(['2:listen.tls.certFile: names a file that is not PEM']);
});

test('all mistakes are reported at once, in the order of the file, each with its place', () => {
  expect(
    mistakes(`
listen: { host: 127.0.0.1, port: 80800 }
auth: []
store: { url: "postgresql://broker:oops@localhost/broker", passwordFile: missing }
encryption: { keys: [ { label: k1, keyFile: short-key } ] }
servers:
  - name: postgres 1
    engine: oracle
    serves: [18, ""]
    admin: { host: localhost, port: 5432, username: postgres }
    advertise: { host: "db/../x", port: "5432" }
limit: {}
`),
  ).toEqual([
    '2:listen.port: must be a whole number from 0 to 65535',
    '3:auth: must have at least one item',
    '4:store.url: must not have a password in it: passwordFile names the file that has it',
    '4:store.passwordFile: names the file missing, which cannot be read (ENOENT)',
    '5:encryption.keys[0].keyFile: names a file that is not a key: 32 random bytes as base64 (openssl rand -base64 32)',
    '7:servers[0].name: must be letters, digits, "-", "." and "_", at most 63 characters',
    '8:servers[0].engine: must be "postgresql" or "mysql"',
    '9:servers[0].serves[0]: must be a string: put it in quotes',
    '9:servers[0].serves[1]: must be a string that is not empty',
    '10:servers[0].admin: lacks "passwordFile"',
    '11:servers[0].advertise.host: must be a host name or an IP address',
    '11:servers[0].advertise.port: must be a whole number from 1 to 65535',
    '12:limit: is not known; there is "listen", "auth", "store", "encryption", "servers", "services", "limits"',
  ]);
});

describe('mistakes', () => {
  test.each([
    ['an empty file', '', /must be a mapping/],
    ['YAML that cannot be read', 'listen: { host: [', /^1:/],
    ['a key that is there twice', `${VALID}\nlisten: { host: a, port: 1 }`, /unique/i],
    ['two servers of one name', VALID + SERVER.slice(1), /has the name "postgres-1", which an earlier one has/],
    ['an empty secret', VALID.replace('keyFile: key', 'keyFile: empty'), /file that is empty/],
    [
      'a secret of two lines',
      VALID.replace('passwordFile: password }', 'passwordFile: two-lines }'),
      /more than one line/,
    ],
    ['a certificate that is none', VALID.replace('caFile: ca.pem', 'caFile: password'), /not PEM/],
    ['a user name with a colon', VALID.replace('username: catalog', 'username: "a:b"'), /without ":"/],
    [
      'a store that is not PostgreSQL',
      VALID.replace('"postgresql://', '"mysql://'),
      /must be a URL such as postgresql:/,
    ],
    ['a limit out of range', `${VALID}\nlimits: { syncWithinMs: 60000 }`, /from 100 to 55000/],
  ])('%s', (_reason, text, says) => {
    expect(mistakes(text).join('\n')).toMatch(says);
  });

  test('never repeat a secret', () => {
    const text = mistakes(VALID.replace('keyFile: key', 'keyFile: password')).join('\n');
    expect(text).not.toContain('secret-value');
  });
});

describe('services', () => {
  const service = (plan: string): string => `${VALID}
services:
  - id: s1
    name: my-db
    engine: postgresql
    description: A database
    metadata: { displayName: Mine }
    plans:
      - ${plan}
`;

  test('of an own catalog take the place of the default ones', () => {
    const plan = '{ id: p1, name: tiny, description: Small, connections: 3, storageGB: { default: 1, maximum: 2 } }';
    const result = parseConfig(service(plan), readFile);
    if (!('config' in result)) throw new Error(JSON.stringify(result.mistakes));
    expect(result.config.services).toHaveLength(1);
    expect(result.config.services[0]).toMatchObject({
      metadata: { displayName: 'Mine' },
      tags: [],
      plans: [{ name: 'tiny', free: true, connections: 3 }],
    });
  });

  test('cannot have plans of the same id, in one service or in two', () => {
    const plan = '{ id: p1, name: tiny, description: Small, connections: 3, storageGB: { default: 1, maximum: 2 } }';
    const other = `${service(plan)}  - { id: s2, name: b, engine: mysql, description: B, plans: [ ${plan} ] }`;
    expect(mistakes(other).join()).toContain('services[1].plans[0]: has the id "p1" of an earlier plan');
  });

  test('are checked to the last key', () => {
    const plan = '{ id: p1, name: "ti ny", connections: 0, storageGB: { default: 5, maximum: 2 }, size: 1 }';
    expect(mistakes(service(plan)).map((line) => line.replace(/^\d+:services\[0\]\.plans\[0\]/, ''))).toEqual([
      ': lacks "description"',
      expect.stringMatching(/^\.name: must be letters/),
      '.connections: must be a whole number from 1 to 100000',
      '.storageGB.default: must not be more than the maximum, 2',
      expect.stringMatching(/^\.size: is not known/),
    ]);
  });
});
