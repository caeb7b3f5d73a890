import { mkdtempSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import { loadConnection } from '../../../lib/kube/connection.ts';
import type { ConnectionSource } from '../../../lib/kube/connection.ts';
import { UsageError } from '../../../lib/runtime/errors.ts';
import { FakeClock } from './fake-clock.ts';

const folder = mkdtempSync(join(tmpdir(), 'kubeconfig-'));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

function file(name: string, text: string): string {
  const path = join(folder, name);
  mkdirSync(join(path, '..'), { recursive: true });
  writeFileSync(path, text);
  return path;
}

const base64 = (text: string): string => Buffer.from(text).toString('base64');

function kubeconfig(user: string, cluster = 'server: https://example.test:6443/prefix/'): string {
  return `
apiVersion: v1
kind: Config
current-context: main
contexts:
- {name: main, context: {cluster: c, user: u, namespace: team-a}}
- {name: other, context: {cluster: c, user: nobody}}
clusters:
- name: c
  cluster: {${cluster}}
users:
- name: u
  user: ${user}
`;
}

const headersOf = async (source: ConnectionSource): Promise<unknown> =>
  (await loadConnection(source).credentials.current()).headers;

const complaint = (source: ConnectionSource): string => {
  try {
    loadConnection(source);
  } catch (thrown) {
    if (thrown instanceof UsageError) return thrown.message;
    throw thrown;
  }
  return 'no complaint';
};

describe('finding the API server', () => {
  test('a kubeconfig gives server, namespace, authority and client certificate', async () => {
    const cluster = `server: "https://example.test:6443/prefix/", certificate-authority-data: ${base64('the CA')}, tls-server-name: kubernetes`;
    const user = `{client-certificate-data: ${base64('the cert')}, client-key-data: ${base64('the key')}}`;
    const connection = loadConnection({ kubeconfig: kubeconfig(user, cluster) });
    expect(connection).toMatchObject({
      namespace: 'team-a',
      name: 'main',
      ca: 'the CA',
      serverName: 'kubernetes',
      insecure: false,
    });
    expect(connection.server.href).toBe('https://example.test:6443/prefix');
    expect(await connection.credentials.current()).toEqual({ headers: {}, cert: 'the cert', key: 'the key' });
  });

  test('files are named relative to the kubeconfig', async () => {
    file('pki/ca.crt', 'CA in a file');
    file('pki/me.crt', 'cert in a file');
    file('pki/me.key', 'key in a file');
    const path = file(
      'with-files.yaml',
      kubeconfig(
        '{client-certificate: pki/me.crt, client-key: pki/me.key}',
        'server: https://x, certificate-authority: pki/ca.crt',
      ),
    );
    const connection = loadConnection({ kubeconfig: path });
    expect(connection.ca).toBe('CA in a file');
    expect(await connection.credentials.current()).toMatchObject({ cert: 'cert in a file', key: 'key in a file' });
  });

  test('a token, a password and an impersonated user become headers', async () => {
    expect(await headersOf({ kubeconfig: kubeconfig('{token: t0ken, as: jane}') })).toEqual({
      authorization: 'Bearer t0ken',
      'impersonate-user': 'jane',
    });
    expect(await headersOf({ kubeconfig: kubeconfig('{username: me, password: secret}') })).toEqual({
      authorization: `Basic ${base64('me:secret')}`,
    });
  });

  test('a token file is read again after a minute, at once after a refusal, and its last content outlives a gap', async () => {
    const path = file('token', 'first\n');
    const clock = new FakeClock();
    const { credentials } = loadConnection({ kubeconfig: kubeconfig(`{tokenFile: ${path}}`), clock });
    const token = async (): Promise<string> => (await credentials.current()).headers['authorization']!;
    expect(await token()).toBe('Bearer first');
    file('token', 'second');
    expect(await token()).toBe('Bearer first');
    await clock.advance(60_000);
    expect(await token()).toBe('Bearer second');
    rmSync(path);
    await clock.advance(60_000);
    expect(await token()).toBe('Bearer second');
    file('token', 'third');
    expect(credentials.renew()).toBe(true);
    expect(await token()).toBe('Bearer third');
  });

  test('a credential program is run once and again after a refusal', async () => {
    const count = join(folder, 'runs');
    const program = file(
      'bin/login.sh',
      `echo x >> ${count}; printf '{"kind":"ExecCredential","status":{"token":"%s-%s"}}' "$WHO" "$(echo "$KUBERNETES_EXEC_INFO" | tr -d '"{}' | cut -c1-19)"`,
    );
    const exec = `{exec: {apiVersion: client.authentication.k8s.io/v1, command: sh, args: [${program}], env: [{name: WHO, value: jane}]}}`;
    const { credentials } = loadConnection({ kubeconfig: kubeconfig(exec) });
    const expected = { headers: { authorization: 'Bearer jane-kind:ExecCredential' } };
    expect(await credentials.current()).toEqual(expected);
    expect(await credentials.current()).toEqual(expected);
    expect(credentials.renew()).toBe(true);
    expect(await credentials.current()).toEqual(expected);
  });

  test('a credential program that fails is named, and what it printed is kept as the cause', async () => {
    const exec = `{exec: {command: sh, args: [-c, "echo log in first >&2; exit 1"]}}`;
    const { credentials } = loadConnection({ kubeconfig: kubeconfig(exec) });
    await expect(credentials.current()).rejects.toMatchObject({
      message: 'the credential program sh of kubeconfig user "u" failed',
      cause: { message: 'log in first\n' },
    });
  });

  test('several files of KUBECONFIG are merged, the first to name a thing wins, absent ones are skipped', () => {
    const one = file('one.yaml', 'contexts: [{name: a, context: {cluster: c, namespace: from-one}}]');
    const two = file(
      'two.yaml',
      `current-context: a\ncontexts: [{name: a, context: {cluster: other}}]\nclusters: [{name: c, cluster: {server: 'https://two'}}]`,
    );
    const environment = { KUBECONFIG: [join(folder, 'absent'), one, two].join(delimiter) };
    const connection = loadConnection({ environment });
    expect([connection.server.host, connection.namespace]).toEqual(['two', 'from-one']);
  });

  test('without a kubeconfig the home folder is looked at, then the service account of the pod', async () => {
    const pod = {
      environment: { HOME: join(folder, 'home'), KUBERNETES_SERVICE_HOST: 'fd00::1', KUBERNETES_SERVICE_PORT: '443' },
      serviceAccountFolder: join(folder, 'account'),
    };
    expect(complaint(pod)).toContain('give a kubeconfig');
    file('account/token', 'pod-token');
    file('account/ca.crt', 'pod CA');
    file('account/namespace', 'catalog\n');
    const inCluster = loadConnection(pod);
    expect(inCluster).toMatchObject({ name: 'in-cluster', namespace: 'catalog', ca: 'pod CA' });
    expect(inCluster.server.origin).toBe('https://[fd00::1]');
    expect(await headersOf(pod)).toEqual({ authorization: 'Bearer pod-token' });
    file('home/.kube/config', kubeconfig('{}'));
    expect(loadConnection(pod).name).toBe('main');
  });

  test('a plain URL stands for a server that wants no credentials, such as kubectl proxy', async () => {
    const connection = loadConnection({ apiServerUrl: 'http://127.0.0.1:8001/' });
    expect(connection.server.href).toBe('http://127.0.0.1:8001/');
    expect(await connection.credentials.current()).toEqual({ headers: {} });
    expect(connection.credentials.renew()).toBe(false);
  });

  test.each<[string, ConnectionSource, string]>([
    ['no such file', { kubeconfig: '/nowhere/config' }, 'cannot read the kubeconfig /nowhere/config (ENOENT)'],
    ['no YAML', { kubeconfig: 'token: "hunter2\nx: [' }, 'the given kubeconfig is not valid YAML'],
    ['a list', { kubeconfig: '- a\n- b\n' }, 'the given kubeconfig is not a kubeconfig: it must be a YAML mapping'],
    [
      'empty',
      { kubeconfig: 'kind: Config\n' },
      'the given kubeconfig: no current-context is set; name one (kubectl config use-context NAME)',
    ],
    [
      'an unknown context',
      { kubeconfig: kubeconfig('{}'), context: 'x' },
      'the given kubeconfig: there is no context "x"; it has main, other',
    ],
    [
      'an unknown user',
      { kubeconfig: kubeconfig('{}'), context: 'other' },
      'the given kubeconfig: there is no user "nobody"; it has u',
    ],
    ['clusters that are no list', { kubeconfig: 'clusters: {}\n' }, 'the given kubeconfig: clusters must be a list'],
    [
      'a nameless user',
      { kubeconfig: 'users: [{user: {}}]\n' },
      'the given kubeconfig: users[0] must be a mapping with a name',
    ],
    ['no server', { kubeconfig: kubeconfig('{}', '') }, 'kubeconfig cluster "c" has no server'],
    [
      'a strange server',
      { kubeconfig: kubeconfig('{}', 'server: "ftp://x"') },
      'kubeconfig cluster "c": server must be an http or https URL',
    ],
    [
      'a password in the URL',
      { apiServerUrl: 'https://me:secret@x' },
      `the URL of the API server must not carry credentials; put them into the kubeconfig's user`,
    ],
    [
      'a certificate without key',
      { kubeconfig: kubeconfig('{client-certificate-data: eA==}') },
      'kubeconfig user "u" has a client certificate without its key',
    ],
    [
      'a token that is a number',
      { kubeconfig: kubeconfig('{token: 12}') },
      'kubeconfig entry "u": token must be a string',
    ],
  ])('%s is explained', (_reason, source, message) => {
    expect(complaint(source)).toBe(message);
  });
});
