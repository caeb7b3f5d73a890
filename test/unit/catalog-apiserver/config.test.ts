import { describe, expect, test } from '@jest/globals';
import { readConfig } from '../../../catalog-apiserver/config.ts';
import { UsageError } from '../../../lib/runtime/errors.ts';

const REQUIRED = [
  ...['--data-dir', 'd', '--tls-cert-file', 'c', '--tls-private-key-file', 'k', '--client-ca-file', 'a'],
];

describe('the command line', () => {
  test('has defaults for what is not required', () => {
    expect(readConfig(REQUIRED)).toEqual({
      dataDir: 'd',
      host: '127.0.0.1',
      port: 6443,
      tlsCertFile: 'c',
      tlsPrivateKeyFile: 'k',
      clientCaFile: 'a',
      crdsDir: './crds',
      clientKubeconfig: undefined,
      logLevel: 'info',
    });
  });

  test.each([
    ['0.0.0.0:0', '0.0.0.0', 0],
    ['[::1]:8443', '::1', 8443],
    ['localhost:65535', 'localhost', 65535],
  ])('listens on %s', (listen, host, port) => {
    expect(readConfig([...REQUIRED, '--listen', listen])).toMatchObject({ host, port });
  });

  test('explains itself', () => {
    expect(readConfig(['--help'])).toBe('help');
  });

  test('has all of its mistakes named at once', () => {
    const read = (): unknown => readConfig(['--listen', 'x:99999', '--log-level', 'loud', '--data-dir', 'd']);
    expect(read).toThrow(UsageError);
    expect(read).toThrow(
      '--listen x:99999: must be HOST:PORT, such as 127.0.0.1:6443; --log-level loud: must be one of fatal, error, warn, info, debug, trace; --tls-cert-file is required; --tls-private-key-file is required; --client-ca-file is required',
    );
  });

  test.each([['positional'], ['--nonsense'], ['--data-dir']])('refuses %s', (argument) => {
    expect(() => readConfig([argument])).toThrow(UsageError);
  });
});
