import { describe, expect, test } from '@jest/globals';
import { parseSettings } from '../../../../catalog-controller/webhook/settings.ts';

const FILES = ['--tls-cert-file', 'tls.crt', '--tls-key-file', 'tls.key'];

describe('the command line of the webhook', () => {
  test('needs a certificate and nothing else', () => {
    expect(parseSettings(FILES)).toEqual({
      kubeconfig: undefined,
      listen: { host: '127.0.0.1', port: 8445 },
      healthListen: { host: '127.0.0.1', port: 8446 },
      tlsCertFile: 'tls.crt',
      tlsKeyFile: 'tls.key',
      shutdownDelayMs: 0,
      logLevel: 'info',
    });
    expect(parseSettings([...FILES, '--listen', ':443', '--health-listen', '[::]:80'])).toMatchObject({
      listen: { host: '', port: 443 },
      healthListen: { host: '::', port: 80 },
    });
  });

  test.each([
    ['no certificate', [], /--tls-cert-file FILE is required/],
    ['no key', ['--tls-cert-file', 'tls.crt'], /--tls-key-file FILE is required/],
    ['an address without a port', [...FILES, '--listen', 'localhost'], /--listen must be HOST:PORT/],
    ['a delay no pod gets', [...FILES, '--shutdown-delay', '1m'], /--shutdown-delay must be .* 0s to 10s, not "1m"/],
    ['a level that is none', [...FILES, '-v', '10'], /--log-level must be one of trace, .*, not "10"/],
    ['an unknown flag', [...FILES, '--admission', 'none'], /Unknown option '--admission'; --help lists the flags/],
  ])('with %s is refused with one sentence', (_what, flags, message) => {
    expect(() => parseSettings(flags)).toThrow(message);
  });

  test('can ask for help', () => {
    expect(parseSettings(['-h'])).toBe('help');
  });
});
