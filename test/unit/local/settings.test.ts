import { describe, expect, test } from '@jest/globals';
import { readSettings } from '../../../local/settings.ts';
import type { Settings } from '../../../local/settings.ts';

const read = (args: string[], environment: Record<string, string> = {}): Settings =>
  readSettings(args, environment, { checkout: '/src/catalog', workingDirectory: '/src', userHome: '/home/me' });

describe('the settings of the local stack', () => {
  test('are all defaults when nothing is said', () => {
    expect(read([])).toEqual({
      home: '/src/catalog/.local',
      cacheDir: '/home/me/.cache/service-catalog',
      empty: false,
      kubeconfig: undefined,
      controllers: true,
      advertiseHost: '127.0.0.1',
      brokerPort: undefined,
      apiserverPort: undefined,
      mysqlUrl: undefined,
      mysqlSource: undefined,
      path: '',
    });
  });

  test('come from the arguments and the environment, paths seen from where the command was given', () => {
    const settings = read(['--empty', '--kubeconfig', 'cluster.yaml', '--advertise-host', '10.0.0.7'], {
      SERVICE_CATALOG_HOME: 'state',
      XDG_CACHE_HOME: '/var/cache/me',
      BROKER_PORT: '8443',
      APISERVER_PORT: '6443',
    });
    expect(settings).toMatchObject({
      home: '/src/state',
      cacheDir: '/var/cache/me/service-catalog',
      empty: true,
      kubeconfig: '/src/cluster.yaml',
      advertiseHost: '10.0.0.7',
      brokerPort: 8443,
      apiserverPort: 6443,
    });
  });

  test('leave the controllers to a cluster that has them', () => {
    expect(read(['--kubeconfig', 'cluster.yaml', '--no-controllers'])).toMatchObject({ controllers: false });
  });

  test('an empty variable is one that is not set', () => {
    expect(read([], { SERVICE_CATALOG_HOME: '', BROKER_PORT: '' })).toEqual(read([]));
  });

  test.each([
    ['a port that is none', [], { BROKER_PORT: '80a' }, 'BROKER_PORT is "80a"'],
    ['a port out of range', [], { APISERVER_PORT: '70000' }, 'APISERVER_PORT is "70000"'],
    ['a source of MySQL there is not', [], { SERVICE_CATALOG_MYSQL: 'bogus' }, 'SERVICE_CATALOG_MYSQL: "bogus" is not'],
    ['a URL that is none of MySQL', [], { SERVICE_CATALOG_MYSQL_URL: 'localhost' }, 'must read mysql://'],
    ['an option there is not', ['--emtpy'], {}, '--emtpy'],
    ['an argument without an option', ['start'], {}, 'start'],
    ['an option without its value', ['--kubeconfig'], {}, '--kubeconfig'],
    ['a host to advertise without a cluster', ['--advertise-host', '10.0.0.7'], {}, 'goes with --kubeconfig'],
    ['no controllers at all', ['--no-controllers'], {}, 'goes with --kubeconfig'],
    ['a host that is a name', ['--kubeconfig', 'f', '--advertise-host', 'me.test'], {}, 'IP address'],
  ])('refuses %s', (_what, args, environment, message) => {
    expect(() => read(args, environment)).toThrow(message);
  });
});
