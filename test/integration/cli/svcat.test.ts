import { PassThrough } from 'node:stream';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { run } from '../../../cli/program.ts';
import { createTerminal } from '../../../cli/terminal.ts';
import {
  CLUSTER_SERVICE_BROKERS,
  CLUSTER_SERVICE_CLASSES,
  CLUSTER_SERVICE_PLANS,
  SERVICE_BINDINGS,
  SERVICE_INSTANCES,
} from '../../../lib/catalog/resources.ts';
import { DATA_CHECKSUM, dataChecksum } from '../../../lib/catalog/secret-checksum.ts';
import type { Condition } from '../../../lib/catalog/types.generated.ts';
import { createKubeClient } from '../../../lib/kube/api-client.ts';
import type { KubeClient } from '../../../lib/kube/client.ts';
import { NAMESPACES, SECRETS } from '../../../lib/kube/core-resources.ts';
import type { KubeObject, Resource } from '../../../lib/kube/objects.ts';
import { startTestApiServer } from '../../support/api-server.ts';
import type { TestApiServer } from '../../support/api-server.ts';
import { run as runProgram } from '../../support/run.ts';
import type { Ended } from '../../support/run.ts';

const SVCAT = join(import.meta.dirname, '../../../cli/bin/svcat.js');
const PASSWORD = 'never-to-be-shown';
const now = new Date().toISOString();
/** For tests that start processes, on a machine that may be busy. */
const PATIENT_MS = 60_000;

let server: TestApiServer;
let kube: KubeClient;

/** svcat in this process. */
async function svcat(...args: string[]): Promise<Ended> {
  const [input, output, errors] = [new PassThrough(), new PassThrough(), new PassThrough()];
  let stdout = '';
  let stderr = '';
  output.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
  errors.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  input.end();
  const surroundings = { terminal: createTerminal(input, output, errors), environment: {}, folder: '/' };
  const code = await run(['--kubeconfig', server.kubeconfigFile, ...args], surroundings);
  return { code, stdout, stderr };
}

/** svcat as users run it, for what needs a process of its own. */
function svcatProcess(args: string[], env: NodeJS.ProcessEnv = {}): Promise<Ended> {
  return runProgram(process.execPath, [SVCAT, '--kubeconfig', server.kubeconfigFile, ...args], {
    env: { PATH: process.env['PATH'], ...env },
  });
}

const condition = (status: Condition['status'], reason: string, message: string): Condition => ({
  type: 'Ready',
  status,
  reason,
  message,
  lastTransitionTime: now,
});

/** Creates an object with its status, as the controllers would have left it. */
async function put<T extends KubeObject & { status?: object }>(resource: Resource<T>, object: T): Promise<T> {
  const created = await kube.create(resource, object);
  if (object.status === undefined) return created;
  const key = { name: created.metadata.name!, ...(resource.namespaced ? { namespace: 'ns' } : {}) };
  return kube.patch(resource, key, { type: 'merge', body: { status: object.status } }, { subresource: 'status' });
}

beforeAll(async () => {
  server = await startTestApiServer({ controllers: false });
  kube = createKubeClient({ kubeconfig: server.kubeconfigFile, userAgent: 'test' });
  await kube.create(NAMESPACES, { metadata: { name: 'ns' } });
  await put(CLUSTER_SERVICE_BROKERS, {
    metadata: { name: 'cloud-broker' },
    spec: { url: 'https://broker.example' },
    status: { conditions: [condition('True', 'FetchedCatalog', 'ok')], lastConditionState: 'Ready' },
  });
  await put(CLUSTER_SERVICE_CLASSES, {
    metadata: { name: 'class-1' },
    spec: {
      clusterServiceBrokerName: 'cloud-broker',
      externalName: 'cloud-postgresql',
      externalID: 'c1',
      description: 'PostgreSQL databases.',
      bindable: true,
    },
  });
  await put(CLUSTER_SERVICE_PLANS, {
    metadata: { name: 'plan-1' },
    spec: {
      clusterServiceBrokerName: 'cloud-broker',
      clusterServiceClassRef: { name: 'class-1' },
      externalName: 'standard',
      externalID: 'p1',
      description: 'For most.',
      instanceCreateParameterSchema: { type: 'object', properties: { storageGB: { type: 'integer' } } },
    },
  });
  await put(SERVICE_INSTANCES, {
    metadata: { name: 'db', namespace: 'ns' },
    spec: { clusterServiceClassExternalName: 'cloud-postgresql', clusterServicePlanExternalName: 'standard' },
    status: {
      conditions: [condition('True', 'ProvisionedSuccessfully', 'made')],
      lastConditionState: 'Ready',
    },
  });
  const binding = await put(SERVICE_BINDINGS, {
    metadata: { name: 'bind', namespace: 'ns' },
    spec: { instanceRef: { name: 'db' }, secretName: 'creds' },
    status: { conditions: [condition('True', 'InjectedBindResult', 'made')], lastConditionState: 'Ready' },
  });
  await kube.create(SECRETS, {
    metadata: {
      name: 'creds',
      namespace: 'ns',
      ownerReferences: [
        {
          apiVersion: 'servicecatalog.k8s.io/v1beta1',
          kind: 'ServiceBinding',
          name: 'bind',
          uid: binding.metadata.uid!,
          controller: true,
        },
      ],
    },
    stringData: {
      type: 'postgresql',
      host: 'db.example',
      password: PASSWORD,
      connectionString: `p://u:${PASSWORD}@h/d`,
    },
  });
  await kube.create(SECRETS, { metadata: { name: 'foreign', namespace: 'ns' }, stringData: { password: 'x' } });
  for (const [name, secretName] of [
    ['thief', 'foreign'],
    ['waiting', 'later'],
  ] as const) {
    await put(SERVICE_BINDINGS, {
      metadata: { name, namespace: 'ns' },
      spec: { instanceRef: { name: 'db' }, secretName },
      status: {
        conditions: [condition('False', 'ErrorInjectingBindResult', 'the Secret is in the way')],
        lastConditionState: 'ErrorInjectingBindResult',
      },
    });
  }
}, PATIENT_MS);

afterAll(async () => {
  kube.close();
  await server.stop();
});

describe('svcat exec', () => {
  const showVariables =
    'console.log([process.env.connectionString, process.env.CONNECTION_STRING, process.env.PGHOST].join())';

  test(
    "runs a program with the binding's credentials, and shows them nowhere itself",
    async () => {
      const ended = await svcatProcess(['-n', 'ns', 'exec', 'bind', '--', process.execPath, '-e', showVariables]);
      expect(ended).toEqual({
        code: 0,
        stdout: `p://u:${PASSWORD}@h/d,p://u:${PASSWORD}@h/d,db.example\n`,
        stderr: '',
      });
    },
    PATIENT_MS,
  );

  test('warns of a Secret that was changed by hand, and the doctor says how it is restored', async () => {
    const creds = { name: 'creds', namespace: 'ns' };
    const annotate = (checksum: string | null): Promise<unknown> =>
      kube.patch(SECRETS, creds, {
        type: 'merge',
        body: { metadata: { annotations: { [DATA_CHECKSUM]: checksum } } },
      });
    await annotate(dataChecksum({ password: 'what the broker gave' }));
    try {
      const refused = await svcat('-n', 'ns', 'exec', 'bind', '--', 'no-such-program');
      expect(refused.stderr).toMatch(/^svcat: warning: the Secret "creds" was changed by hand/);
      const doctor = await svcat('-n', 'ns', 'doctor', 'bind');
      expect(doctor).toMatchObject({ code: 1, stdout: expect.stringContaining('was changed by hand') });
    } finally {
      await annotate(null);
    }
  });

  test(
    'ends as the program ends, by its code or by a signal',
    async () => {
      const codes = await Promise.all(
        ['process.exit(7)', 'process.kill(process.pid, "SIGTERM")'].map((script) =>
          svcatProcess(['exec', 'bind', '-n', 'ns', '--', process.execPath, '-e', script]),
        ),
      );
      expect(codes.map(({ code }) => code)).toEqual([7, 143]);
    },
    PATIENT_MS,
  );

  test(
    'hands a signal on to the program',
    async () => {
      // The program ends svcat, its parent, as somebody outside would, and says what reaches it in turn.
      const script = `
      process.on('SIGTERM', () => { console.log('asked to stop'); process.exit(3); });
      setInterval(() => {}, 1000);
      process.kill(process.ppid, 'SIGTERM');`;
      const ended = await svcatProcess(['exec', 'bind', '-n', 'ns', '--', process.execPath, '-e', script]);
      expect(ended).toMatchObject({ code: 3, stdout: 'asked to stop\n' });
    },
    PATIENT_MS,
  );

  test.each<[string, string[], RegExp]>([
    ['no command', ['exec', 'bind'], /say what to run: svcat exec bind -- command/],
    ['a command without --', ['exec', 'bind', 'env'], /put "--" before the command/],
    ['an unknown program', ['exec', 'bind', '--', 'no-such-program'], /no program "no-such-program"/],
    ['an unknown binding', ['exec', 'nothing', '--', 'env'], /no ServiceBinding "nothing" in namespace ns/],
    [
      'a binding without Secret',
      ['exec', 'waiting', '--', 'env'],
      /"later" does not exist \(ErrorInjectingBindResult: .*svcat doctor binding\/waiting/,
    ],
    ["somebody else's Secret", ['exec', 'thief', '--', 'env'], /"foreign" does not belong to it/],
  ])('refuses %s with one sentence', async (_what, args, message) => {
    const ended = await svcat('-n', 'ns', ...args);
    expect(ended.code).toBe(2);
    expect(ended.stderr).toMatch(message);
    expect(ended.stderr.trim().split('\n')).toHaveLength(1);
  });

  test('says in which namespace the binding is', async () => {
    expect((await svcat('exec', 'bind', '--', 'env')).stderr).toMatch(
      /in namespace default; there is one in ns: add -n ns/,
    );
  });
});

describe('svcat get', () => {
  test.each([
    [['brokers'], /^cloud-broker +https:\/\/broker\.example +Ready/m],
    [['class'], /^cloud-postgresql +Active +PostgreSQL databases\.$/m],
    [['plans'], /^standard +cloud-postgresql +Active +For most\.$/m],
    [['instances'], /^db +ns +cloud-postgresql +standard +Ready/m],
    [['bindings'], /^bind +ns +db +creds +Ready/m],
    [['binding', 'thief'], /^thief +ns +db +foreign +ErrorInjectingBindResult/m],
  ])('%j shows a table', async (args, row) => {
    const ended = await svcat('-n', 'ns', 'get', ...args);
    expect(ended.stdout).toMatch(row);
    expect(ended).toMatchObject({ code: 0, stderr: '' });
  });

  test('looks into other namespaces only when told to', async () => {
    expect(await svcat('get', 'instances')).toEqual({
      code: 0,
      stdout: '',
      stderr: 'no instances found in namespace default\n',
    });
    expect((await svcat('get', 'instances', '-A')).stdout).toMatch(/^db +ns/m);
  });

  test.each([['instances'], ['instances', '-o', 'json']])(
    'says that there is no such namespace rather than nothing in it: get %j',
    async (...args) => {
      expect(await svcat('-n', 'nope', 'get', ...args)).toEqual({
        code: 1,
        stdout: '',
        stderr: 'svcat: there is no namespace "nope"; -A looks in all there are\n',
      });
      // What the cluster has is there whatever the namespace.
      expect(await svcat('-n', 'nope', 'get', 'brokers')).toMatchObject({ code: 0 });
    },
  );

  test('writes JSON and YAML for programs', async () => {
    const one = JSON.parse((await svcat('-n', 'ns', 'get', 'plan', 'standard', '-o', 'json')).stdout) as KubeObject;
    expect(one).toMatchObject({ kind: 'ClusterServicePlan', metadata: { name: 'plan-1' } });
    const list = (await svcat('-n', 'ns', 'get', 'bindings', '-o', 'yaml')).stdout;
    expect(list).toMatch(/^kind: List$/m);
    expect(list).toContain('secretName: creds');
  });

  test('knows scopes', async () => {
    expect((await svcat('get', 'brokers', '--scope', 'namespace')).stdout).toBe('');
    expect((await svcat('get', 'brokers', '--scope', 'cluster')).stdout).toContain('cloud-broker');
  });

  test('says what is not there', async () => {
    expect(await svcat('get', 'class', 'nothing')).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/^svcat: there is no class "nothing".*svcat get classes.*\n$/),
    });
  });
});

describe('svcat describe', () => {
  test('shows the schemas of a plan', async () => {
    const { stdout } = await svcat('describe', 'plan', 'standard');
    expect(stdout).toMatch(/Class: +cloud-postgresql/);
    expect(stdout).toMatch(/create an instance:\n {2}type: object\n {2}properties:\n {4}storageGB:/);
  });

  test('shows a binding without its credentials, and with them when asked', async () => {
    const without = await svcat('-n', 'ns', 'describe', 'binding', 'bind');
    expect(without.stdout).toMatch(/password: 17 bytes/);
    expect(without.stdout).not.toContain(PASSWORD);
    const shown = await svcat('-n', 'ns', 'describe', 'bindings', 'bind', '--show-secrets');
    expect(shown.stdout).toContain(`password: ${PASSWORD}`);
  });

  test.each([
    ['broker', 'cloud-broker', /Ready has been True for \d+s \(FetchedCatalog\): ok/],
    ['class', 'cloud-postgresql', /standard +Active +For most\./],
    ['instance', 'db', /bind +creds +Ready/],
  ])('tells the story of a %s', async (kind, name, text) => {
    expect((await svcat('-n', 'ns', 'describe', kind, name)).stdout).toMatch(text);
  });
});

describe('svcat doctor', () => {
  test('finds a healthy binding healthy', async () => {
    const ended = await svcat('-n', 'ns', 'doctor', 'bind');
    expect(ended.stdout).toMatch(/binding\/bind: everything is well\./);
    expect(ended.code).toBe(0);
  });

  test('ends with 1 and advice when something is wrong', async () => {
    const ended = await svcat('-n', 'ns', 'doctor', 'binding/thief');
    expect(ended.code).toBe(1);
    expect(ended.stdout).toMatch(
      /problem +secret +Secret ns\/foreign exists and does not belong to the binding\n +-> delete or rename/,
    );
    expect(ended.stdout).not.toContain(PASSWORD);
  });

  test('of an instance looks at all of its bindings', async () => {
    expect((await svcat('-n', 'ns', 'doctor', 'db')).stdout).toMatch(/ServiceBinding bind[^]*ServiceBinding thief/);
  });

  test('says where else the name is', async () => {
    expect((await svcat('doctor', 'db')).stderr).toMatch(/neither an instance nor a binding "db" .* add -n ns/);
  });
});

test('says its version', async () => {
  expect(await svcat('--version')).toEqual({
    code: 0,
    stdout: expect.stringMatching(/^\d+\.\d+\.\d+\S*\n$/),
    stderr: '',
  });
});

test('an API server that is not there is one sentence', async () => {
  const away = await run(['--kubeconfig', '/no/such/file', 'get', 'brokers'], {
    terminal: createTerminal(new PassThrough(), new PassThrough(), new PassThrough()),
    environment: {},
    folder: '/',
  });
  expect(away).toBe(2);
});

test('connecting to something that is no database is refused', async () => {
  const ended = await svcat('-n', 'ns', 'connect', 'bind', '--built-in');
  expect(ended).toMatchObject({ code: 2, stderr: expect.stringMatching(/has no key "port"/) });
});
