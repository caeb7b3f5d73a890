import { describe, expect, test } from '@jest/globals';
import { judgeFirstLook, judgeSecondLook } from '../../../../../broker/engine/postgres/findings.ts';
import type { FirstLook, SecondLook } from '../../../../../broker/engine/postgres/findings.ts';
import type { Server } from '../../../../../broker/engine/postgres/server.ts';

const server: Server = {
  versionNumber: 180004,
  version: '18.4',
  admin: 'admin',
  superuser: true,
  createdb: true,
  createrole: true,
  templateIsUtf8: true,
};
const managed: Server = { ...server, superuser: false };
const first: FirstLook = { server, standby: false, ssl: true, advertisedTls: true };
const second: SecondLook = {
  server,
  advertisedTls: true,
  openDatabases: [],
  rules: [{ type: 'hostssl', method: 'scram-sha-256' }],
  sessionRole: 'kept',
};
const names = (findings: readonly { severity: string; name: string }[]): string[] =>
  findings.map(({ severity, name }) => `${severity} ${name}`);

describe('the first look at a PostgreSQL server', () => {
  test.each<[string, Partial<FirstLook>, string[]]>([
    ['all is well', {}, []],
    ['too old', { server: { ...server, versionNumber: 130022, version: '13.22' } }, ['fatal version']],
    ['a standby', { standby: true }, ['fatal standby']],
    ['no CREATEDB', { server: { ...managed, createdb: false } }, ['fatal privilege-createdb']],
    ['no CREATEROLE', { server: { ...managed, createrole: false } }, ['fatal privilege-createrole']],
    ['no superuser on 14', { server: { ...managed, versionNumber: 140020 } }, ['fatal public-schema']],
    ['no superuser on 15', { server: { ...managed, versionNumber: 150018 } }, []],
    ['TLS promised, none there', { ssl: false }, ['fatal tls-absent']],
    ['no TLS, none promised', { ssl: false, advertisedTls: false }, []],
  ])('%s', (_reason, change, expected) => {
    expect(names(judgeFirstLook({ ...first, ...change }))).toEqual(expected);
  });
});

describe('the second look at a PostgreSQL server', () => {
  test.each<[string, Partial<SecondLook>, string[]]>([
    ['all is well', {}, []],
    ['open to the public', { openDatabases: ['other'] }, ['warning public-connect']],
    ['no password asked for', { rules: [{ type: 'hostssl', method: 'trust' }] }, ['warning trust-authentication']],
    ['password in clear', { rules: [{ type: 'hostssl', method: 'password' }] }, ['warning cleartext-password']],
    ['TLS optional', { rules: [{ type: 'host', method: 'scram-sha-256' }] }, ['warning tls-not-enforced']],
    ['no TLS refused', { rules: [{ type: 'hostnossl', method: 'reject' }] }, []],
    ['TLS optional as promised', { rules: [{ type: 'host', method: 'md5' }], advertisedTls: false }, []],
    ['role lost', { sessionRole: 'lost' }, ['fatal session-role-lost']],
    ['no probe', { sessionRole: { unproven: 'no pg_hba.conf entry' } }, ['warning session-role-unproven']],
    [
      'a managed server',
      { server: managed, rules: undefined },
      ['warning large-objects-open', 'warning replication-slots'],
    ],
  ])('%s', (_reason, change, expected) => {
    expect(names(judgeSecondLook({ ...second, ...change }))).toEqual(expected);
  });
});
