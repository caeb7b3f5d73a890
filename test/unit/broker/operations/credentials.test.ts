import { describe, expect, test } from '@jest/globals';
import { credentials, endpoints } from '../../../../broker/operations/credentials.ts';
import type { LoginAddress } from '../../../../broker/operations/credentials.ts';

const login = (server: LoginAddress['server']): LoginAddress => ({
  server,
  identity: { product: 'MariaDB', version: '10.11.19' },
  database: 'scdb1',
  username: 'scu1',
  password: 'Passw0rd',
});

describe('credentials', () => {
  test('have every key without TLS, and none that speaks of TLS', () => {
    expect(credentials(login({ engine: 'mysql', advertise: { host: 'db.example.org', port: 3306 } }))).toEqual({
      type: 'mysql',
      provider: 'MariaDB',
      version: '10.11.19',
      host: 'db.example.org',
      port: 3306,
      database: 'scdb1',
      username: 'scu1',
      password: 'Passw0rd',
      uri: 'mysql://scu1:Passw0rd@db.example.org:3306/scdb1',
      connectionString: 'mysql://scu1:Passw0rd@db.example.org:3306/scdb1',
      jdbcUrl: 'jdbc:mysql://db.example.org:3306/scdb1?user=scu1&password=Passw0rd',
    });
  });

  test('ask for TLS where the server has it, and carry the authority to trust', () => {
    const tls = { ca: '-----BEGIN CERTIFICATE-----' };
    expect(credentials(login({ engine: 'postgresql', advertise: { host: 'h', port: 1, tls } }))).toMatchObject({
      uri: 'postgresql://scu1:Passw0rd@h:1/scdb1?sslmode=require',
      jdbcUrl: 'jdbc:postgresql://h:1/scdb1?user=scu1&password=Passw0rd&sslmode=require',
      sslmode: 'require',
      certificates: tls.ca,
    });
    expect(credentials(login({ engine: 'mysql', advertise: { host: 'h', port: 1, tls } }))).toMatchObject({
      uri: 'mysql://scu1:Passw0rd@h:1/scdb1',
      jdbcUrl: 'jdbc:mysql://h:1/scdb1?user=scu1&password=Passw0rd&sslMode=REQUIRED',
      certificates: tls.ca,
    });
  });

  test('put an IPv6 address in brackets where URLs want it, and nowhere else', () => {
    const server = { engine: 'postgresql', advertise: { host: '::1', port: 5432 } } as const;
    expect(credentials(login(server))).toMatchObject({
      host: '::1',
      uri: 'postgresql://scu1:Passw0rd@[::1]:5432/scdb1',
    });
    expect(endpoints(server)).toEqual([{ host: '::1', ports: ['5432'], protocol: 'tcp' }]);
  });
});
