import { describe, expect, test } from '@jest/globals';
import { parseConfig } from '../../../broker/config/read-config.ts';
import { brokerConfigText, versionsServed } from '../../../local/broker-config.ts';
import type { TenantServer } from '../../../local/broker-config.ts';

const postgres: TenantServer = {
  name: 'postgresql',
  engine: 'postgresql',
  address: {
    host: '127.0.0.1',
    port: 20_001,
    username: 'postgres',
    password: 'not-to-be-written',
    product: 'PostgreSQL',
    version: '18.4',
  },
  passwordFile: '/home/secrets/postgresql.password',
};
const managed: TenantServer = {
  ...postgres,
  name: 'mysql',
  engine: 'mysql',
  address: { ...postgres.address, host: 'db.example.test', port: 3306, product: 'MariaDB', version: '10.11.19' },
};
const facts = {
  listen: { host: '127.0.0.1', port: 20_000 },
  tls: { certificateFile: '/home/tls/broker.crt', keyFile: '/home/tls/broker.key' },
  user: { username: 'service-catalog', passwordFile: '/home/secrets/broker.password' },
  store: {
    url: 'postgresql://broker_store@127.0.0.1:20002/broker_store',
    passwordFile: '/home/secrets/store.password',
  },
  encryptionKeyFile: '/home/secrets/encryption.key',
  servers: [postgres, managed],
  advertiseHost: '10.0.0.7',
};

describe('the configuration of the local broker', () => {
  const text = brokerConfigText(facts);

  test('is one that the broker reads without a mistake', () => {
    const files = (name: string): string => {
      if (name.endsWith('.key') && name.includes('secrets')) return `${Buffer.alloc(32, 1).toString('base64')}\n`;
      return name.includes('/tls/') ? '-----BEGIN CERTIFICATE-----\n' : 'secret\n';
    };
    const result = parseConfig(text, files);
    expect('mistakes' in result ? result.mistakes : []).toEqual([]);
  });

  test('has no secret in it', () => {
    expect(text).not.toContain('not-to-be-written');
  });

  test('tells bindings the address under which a cluster reaches this machine, and leaves that of others', () => {
    const result = parseConfig(text, () => '-----BEGIN secret');
    // The key file is no key here; everything else was read, or the mistakes would say so.
    expect(result).toHaveProperty('mistakes.length', 1);
    expect(text).toMatch(/advertise:\n\s+host: 10\.0\.0\.7\n\s+port: 20001/);
    expect(text).toMatch(/advertise:\n\s+host: db\.example\.test\n\s+port: 3306/);
  });
});

describe('the versions a server answers to', () => {
  test.each([
    ['PostgreSQL', '18.4', ['18', '18.4']],
    ['MariaDB', '10.11.19', ['10.11', '10.11.19', '5.7', '8.0', '8.4']],
    ['MySQL', '5.7.29', ['5.7', '5.7.29', '8.0', '8.4']],
    ['MySQL', '8.4.3', ['8.4', '8.4.3', '5.7', '8.0']],
  ])('%s %s: its own first', (product, version, expected) => {
    expect(versionsServed(product, version)).toEqual(expected);
  });
});
