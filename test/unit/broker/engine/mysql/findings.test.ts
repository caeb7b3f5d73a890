import { describe, expect, test } from '@jest/globals';
import { judge } from '../../../../../broker/engine/mysql/findings.ts';
import type { Observation } from '../../../../../broker/engine/mysql/findings.ts';
import { parseVersion } from '../../../../../broker/engine/mysql/server.ts';
import { RIGHTS } from '../../../../../broker/engine/mysql/statements.ts';

const rights = (...own: string[]): Observation['rights'] =>
  new Map([...RIGHTS.readwrite, ...own].map((right) => [right, { grantable: !own.includes(right) }]));
const modernRights = rights('CREATE USER', 'PROCESS', 'CONNECTION_ADMIN', 'SET_ANY_DEFINER');
const seen: Observation = {
  server: parseVersion('8.4.3', 'MySQL Community Server - GPL'),
  variables: new Map([
    ['ssl_cert', 'SERVER-CERT.PEM'],
    ['log_bin', 'OFF'],
    ['read_only', 'OFF'],
  ]),
  advertisedTls: true,
  rights: modernRights,
  accounts: { anonymousHosts: [], openDatabases: [] },
};
const variables = (...pairs: [string, string][]): Partial<Observation> => ({
  variables: new Map([...seen.variables, ...pairs]),
});
const without = (right: string): Partial<Observation> => ({
  rights: new Map([...modernRights].filter(([name]) => name !== right)),
});
const mariadb = parseVersion('10.11.19-MariaDB', '');
const mysql57 = parseVersion('5.7.29', '');

describe('the preflight of a MySQL server', () => {
  test.each<[string, Partial<Observation>, string[]]>([
    ['all is well', {}, []],
    [
      'accounts cannot be locked',
      { server: parseVersion('5.7.7', ''), rights: rights('CREATE USER', 'PROCESS', 'SUPER') },
      ['fatal version'],
    ],
    ['5.7 with SUPER', { server: mysql57, rights: rights('CREATE USER', 'PROCESS', 'SUPER') }, []],
    ['5.7 without SUPER', { server: mysql57 }, ['fatal privilege-super', 'warning privilege-super']],
    [
      'MariaDB',
      { server: mariadb, rights: rights('CREATE USER', 'PROCESS', 'CONNECTION ADMIN', 'SET USER') },
      ['warning xa-open'],
    ],
    ['SUPER stands for the finer rights', { rights: rights('CREATE USER', 'PROCESS', 'SUPER') }, []],
    ['read-only', variables(['read_only', 'ON']), ['fatal read-only']],
    [
      'passwords need a special character',
      variables(['validate_password.policy', 'MEDIUM']),
      ['fatal password-policy'],
    ],
    [
      'passwords need none',
      variables(['validate_password.policy', 'MEDIUM'], ['validate_password.special_char_count', '0']),
      [],
    ],
    [
      'functions need SUPER',
      variables(['log_bin', 'ON'], ['log_bin_trust_function_creators', 'OFF']),
      ['warning function-creators'],
    ],
    ['TLS switched off', variables(['have_ssl', 'DISABLED']), ['fatal tls-absent']],
    ['no TLS and caching_sha2_password', { advertisedTls: false }, ['warning public-key-retrieval']],
    [
      'no TLS and the old plugin',
      { ...variables(['default_authentication_plugin', 'MYSQL_NATIVE_PASSWORD']), advertisedTls: false },
      [],
    ],
    ['sessions cannot be ended', without('CONNECTION_ADMIN'), ['fatal privilege-connection-admin']],
    ['definers cannot be changed', without('SET_ANY_DEFINER'), ['warning privilege-set-any-definer']],
    ['TRIGGER is missing', without('TRIGGER'), ['fatal privilege-trigger']],
    [
      'TRIGGER cannot be handed on',
      { rights: new Map([...modernRights, ['TRIGGER', { grantable: false }]]) },
      ['fatal privilege-trigger'],
    ],
    ['accounts cannot be read', { accounts: undefined }, ['fatal privilege-select-mysql']],
    [
      'anonymous accounts',
      { accounts: { anonymousHosts: ['localhost', 'vm'], openDatabases: [] } },
      ['fatal anonymous-account'],
    ],
    [
      'database test',
      { accounts: { anonymousHosts: [], openDatabases: ['test', 'test\\_%'] } },
      ['fatal open-database'],
    ],
  ])('%s', (_reason, change, expected) => {
    const findings = judge({ ...seen, ...change });
    expect(findings.map(({ severity, name }) => `${severity} ${name}`)).toEqual(expected);
  });

  test('tells the operator which statement to run', () => {
    const [finding] = judge({ ...seen, accounts: { anonymousHosts: ['localhost', 'vm'], openDatabases: [] } });
    expect(finding?.message).toContain(`DROP USER ''@'localhost', ''@'vm'`);
  });
});
