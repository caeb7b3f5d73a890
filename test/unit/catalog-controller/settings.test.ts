import { describe, expect, test } from '@jest/globals';
import { parseSettings } from '../../../catalog-controller/settings.ts';

describe('the command line', () => {
  test('has the defaults of the original where those were good', () => {
    expect(parseSettings([])).toMatchObject({
      admission: 'webhook',
      leaderElection: undefined,
      clusterIdConfigMap: { namespace: 'default', name: 'cluster-info' },
      concurrentSyncs: 5,
      brokerRelistIntervalMs: 86_400_000,
      osbApiRequestTimeoutMs: 60_000,
      pollMaximumMs: 60_000,
      retryDurationMs: 604_800_000,
      resyncIntervalMs: 300_000,
    });
  });

  test('says where brokers really are, as often as wanted', () => {
    const flags = ['--broker-address', 'a.svc:443=127.0.0.1:9443', '--broker-address', 'b.svc:80=[::1]:8080'];
    expect(parseSettings(flags)).toMatchObject({
      brokerAddresses: { 'a.svc:443': { host: '127.0.0.1', port: 9443 }, 'b.svc:80': { host: '::1', port: 8080 } },
    });
  });

  test.each([
    ['an unknown flag', ['--verbose'], "Unknown option '--verbose'; --help lists the flags"],
    ['a word too much', ['now'], /Unexpected argument 'now'/],
    ['a flag without its value', ['--kubeconfig'], /--kubeconfig <value>' argument missing/],
    ['a duration without a unit', ['--resync-interval', '30'], /such as 90s, 5m or 24h, not "30"/],
    ['a duration of nothing', ['--osb-api-request-timeout', '0s'], /above zero/],
    ['a negative count', ['--concurrent-syncs=-1'], /a number from 1 to 9999, not "-1"/],
    ['an address without a port', ['--listen', 'localhost'], /HOST:PORT, such as 127.0.0.1:8444, not "localhost"/],
    ['a port that is none', ['--listen', '127.0.0.1:70000'], /HOST:PORT/],
    ['a broker address without a host', ['--broker-address', 'a:1=:2'], /must name two hosts, not "a:1=:2"/],
    ['half a broker address', ['--broker-address', 'a:1'], /HOST:PORT=HOST:PORT, such as .*, not "a:1"/],
    ['a level that is none', ['-v', '10'], /one of trace, debug, .*, not "10"/],
    ['a mode that is none', ['--admission', 'yes'], /webhook, apiserver or none, not "yes"/],
  ])('%s is refused with one sentence', (_what, flags, message) => {
    expect(() => parseSettings(flags)).toThrow(message);
  });

  test('can ask for help', () => {
    expect(parseSettings(['--help'])).toBe('help');
  });
});
