import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { credentialEnvironment, upperSnake } from '../../../cli/credentials/environment.ts';

const postgres = new Map([
  ['type', 'postgresql'],
  ['host', 'db'],
  ['port', '5432'],
  ['username', 'u'],
  ['password', 'p'],
  ['database', 'd'],
  ['connectionString', 'postgresql://u:p@db/d'],
]);

test.each([
  ['connectionString', 'CONNECTION_STRING'],
  ['jdbcUrl', 'JDBC_URL'],
  ['tls.crt', 'TLS_CRT'],
  ['uri', 'URI'],
  ['HTTPSPort', 'HTTPS_PORT'],
  ['a-b_c', 'A_B_C'],
  ['ALREADY_SO', 'ALREADY_SO'],
])('%s is %s in upper snake case', (key, variable) => {
  expect(upperSnake(key)).toBe(variable);
});

describe('the environment of a program', () => {
  test('has each credential under its own name and in upper snake case, and what it inherits', () => {
    const { environment, omitted } = credentialEnvironment({ PATH: '/bin', HOST: 'mine' }, postgres);
    expect(environment).toMatchObject({
      PATH: '/bin',
      connectionString: 'postgresql://u:p@db/d',
      CONNECTION_STRING: 'postgresql://u:p@db/d',
      host: 'db',
      HOST: 'db',
    });
    expect(omitted).toEqual([]);
  });

  test('leads PostgreSQL clients to the database, past what was set before', () => {
    const inherited = { PGHOST: 'elsewhere', PGHOSTADDR: '10.0.0.1', PGSERVICE: 'x' };
    const { environment } = credentialEnvironment(inherited, new Map([...postgres, ['sslmode', 'require']]));
    expect(environment).toMatchObject({
      PGHOST: 'db',
      PGPORT: '5432',
      PGUSER: 'u',
      PGPASSWORD: 'p',
      PGDATABASE: 'd',
      PGSSLMODE: 'require',
      PGHOSTADDR: undefined,
      PGSERVICE: undefined,
    });
    expect(environment).not.toHaveProperty('MYSQL_HOST');
  });

  test('leads MySQL clients to the database', () => {
    const { environment } = credentialEnvironment({}, new Map([...postgres, ['type', 'mysql']]));
    expect(environment).toMatchObject({ MYSQL_HOST: 'db', MYSQL_TCP_PORT: '5432', MYSQL_PWD: 'p' });
    expect(environment).not.toHaveProperty('PGHOST');
  });

  test('keeps what a broker must not decide: which programs and libraries are run', () => {
    const hostile = new Map([
      ['path', '/evil'],
      ['PATH', '/evil'],
      ['ldPreload', '/evil.so'],
      ['LD_PRELOAD', '/evil.so'],
      ['nodeOptions', '--require /evil.js'],
      ['bashEnv', '/evil.sh'],
      ['a=b', 'x'],
      ['nul', 'a\0b'],
      ['fine', 'yes'],
    ]);
    const { environment, omitted } = credentialEnvironment({ PATH: '/bin' }, hostile);
    expect(environment).toEqual({ PATH: '/bin', fine: 'yes', FINE: 'yes' });
    expect(omitted).toHaveLength(8);
  });

  test('prefers a key as it was given over one derived from another', () => {
    const { environment } = credentialEnvironment(
      {},
      new Map([
        ['HOST', 'given'],
        ['host', 'other'],
      ]),
    );
    expect(environment).toMatchObject({ HOST: 'given', host: 'other' });
  });

  test('is always one that a process can be started with', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.string(), fc.string())), (pairs) => {
        const { environment } = credentialEnvironment({}, new Map(pairs));
        for (const [name, value] of Object.entries(environment)) {
          expect(name).not.toMatch(/[=\0]/);
          expect(value).not.toContain('\0');
        }
      }),
    );
  });
});
