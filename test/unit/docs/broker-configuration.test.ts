import { describe, expect, test } from '@jest/globals';
import { DEFAULT_SERVICES } from '../../../broker/catalog/default-services.ts';
import { readLimits } from '../../../broker/config/limits.ts';
import { parseConfig } from '../../../broker/config/read-config.ts';
import { readPage, tableUnder } from './markdown.ts';

const page = readPage('docs/broker-configuration.md');
const plain = (cell = ''): string => cell.replaceAll('`', '');

/** What each file that the example names has in it. */
function contentOf(name: string): string {
  if (/\.(?:pem|crt|key)$/.test(name)) return '-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----\n';
  return name.startsWith('key-') ? Buffer.alloc(32, 1).toString('base64') : 'a password';
}

describe('docs/broker-configuration.md', () => {
  test('has an example without a mistake, with every section that has to be there', () => {
    const example = page.codeBlocks.find(({ language }) => language === 'yaml')?.text ?? '';
    expect(parseConfig(example, contentOf)).toHaveProperty('config.servers.length', 2);
  });

  test('has each limit with its default', () => {
    const documented = tableUnder(page, '`limits`').map(([key, fallback]) => [plain(key), Number(fallback)]);
    expect(documented).toEqual(Object.entries(readLimits(undefined)));
  });

  test('has the plans of the services that are there without any being configured', () => {
    const documented = tableUnder(page, '`services`').map(([plan, ...numbers]) => [
      plain(plan),
      ...numbers.map(Number),
    ]);
    for (const { plans } of DEFAULT_SERVICES) {
      const defined = plans.map(({ name, connections, storageGB }) => [
        name,
        connections,
        storageGB.default,
        storageGB.maximum,
      ]);
      expect(documented).toEqual(defined);
    }
  });
});
