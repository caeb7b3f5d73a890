import { describe, expect, test } from '@jest/globals';
import { atLeast, parseVersion } from '../../../../../broker/engine/mysql/server.ts';

describe('the version of a server', () => {
  test.each([
    ['8.4.3', 'MySQL Community Server - GPL', 'MySQL', '8.4.3'],
    ['9.7.0-1', '(Debian)', 'MySQL', '9.7.0'],
    ['5.7.29-log', 'MySQL Community Server (GPL)', 'MySQL', '5.7.29'],
    ['10.11.19-MariaDB-0+deb12u1', 'Debian 12', 'MariaDB', '10.11.19'],
    ['5.5.5-10.6.12-MariaDB', 'mariadb.org binary distribution', 'MariaDB', '10.6.12'],
    ['11.4.2', 'MariaDB Server', 'MariaDB', '11.4.2'],
  ])('%s (%s) is %s %s', (version, comment, product, expected) => {
    expect(parseVersion(version, comment)).toMatchObject({ product, version: expected });
  });

  test('a version nobody understands is said to be so', () => {
    expect(() => parseVersion('latest', '')).toThrow('the server calls its version latest');
  });

  test('versions compare by number', () => {
    const server = parseVersion('10.11.19-MariaDB', '');
    expect(atLeast(server, 10, 4, 2)).toBe(true);
    expect(atLeast(server, 10, 11, 19)).toBe(true);
    expect(atLeast(server, 10, 11, 20)).toBe(false);
    expect(atLeast(server, 9, 99)).toBe(true);
    expect(atLeast(server, 11, 0)).toBe(false);
  });
});
