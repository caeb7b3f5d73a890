import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { CLUSTER_ROLE_RULES } from '../../catalog-controller/webhook/rules.ts';
import { GENERATED_ID } from '../../lib/catalog/external-id.ts';
import {
  CLUSTER_SERVICE_CLASSES,
  CLUSTER_SERVICE_PLANS,
  FINALIZER,
  SERVICE_BINDINGS,
  SERVICE_INSTANCES,
} from '../../lib/catalog/resources.ts';
import type { ClusterServiceClass, ClusterServicePlan } from '../../lib/catalog/types.generated.ts';
import { createKubeClient } from '../../lib/kube/api-client.ts';
import type { KubeClient } from '../../lib/kube/client.ts';
import { NAMESPACES, SECRETS } from '../../lib/kube/core-resources.ts';
import type { KubeObject, Resource } from '../../lib/kube/objects.ts';
import { installDefinitions } from '../../local/custom-resources.ts';
import { clusterState } from '../support/cluster-leg/state.ts';
import { describeWithKubectl, Kubectl } from '../support/kubectl.ts';
import { startControlPlane } from '../support/kubernetes/control-plane.ts';
import type { ControlPlane } from '../support/kubernetes/control-plane.ts';
import { provideKubernetes } from '../support/kubernetes/programs.ts';
import { CONDITIONS_SINCE, isOlder } from '../support/kubernetes/release.ts';
import { startMeddlingWebhook } from '../support/meddling-webhook.ts';
import type { MeddlingWebhook } from '../support/meddling-webhook.ts';
import { createRunFolder, removeRunFolder } from '../support/test-run-folder.ts';
import { eventually } from '../support/wait.ts';
import { startTestWebhook, webhookConfiguration, WEBHOOK_CONFIGURATIONS } from '../support/webhook.ts';
import type { TestWebhook } from '../support/webhook.ts';

jest.setTimeout(120_000);

const TEAM = 'team-a';
const OTHER = 'team-b';
const ACCOUNT = { namespace: 'service-catalog', name: 'service-catalog-webhook' };

type Spec = Record<string, unknown>;
type Stored = KubeObject & { spec: Spec; status?: object };

describeWithKubectl('the webhook on a real API server', () => {
  const releases: (() => Promise<void> | void)[] = [];
  let cluster: ControlPlane;
  let kube: KubeClient;
  let webhook: TestWebhook;
  let admin: Kubectl;
  /** May do everything in her namespace but read Secrets of others. */
  let alice: Kubectl;

  beforeAll(async () => {
    const programs = await provideKubernetes();
    const folder = await createRunFolder();
    releases.push(() => removeRunFolder(folder));
    cluster = await startControlPlane({ programs, folder });
    releases.push(() => cluster.stop());
    admin = new Kubectl(cluster.adminKubeconfig);
    kube = createKubeClient({ kubeconfig: cluster.adminKubeconfig });
    releases.push(() => kube.close());
    await installDefinitions(kube, join(import.meta.dirname, '../../crds'), AbortSignal.timeout(60_000));
    await admin.apply(list(...accountOfTheWebhook(), ...rolesOfAlice()));
    alice = new Kubectl(await cluster.userKubeconfig('alice', 'team-a-members'));
    const account = await eventually('the account of the webhook', () => cluster.serviceAccountKubeconfig(ACCOUNT));
    webhook = await startTestWebhook(account);
    releases.push(() => webhook.stop());
    for (const configuration of ['MutatingWebhookConfiguration', 'ValidatingWebhookConfiguration'] as const) {
      const object = webhookConfiguration(configuration, 'service-catalog', webhook);
      await kube.create(WEBHOOK_CONFIGURATIONS[configuration], object);
    }
    // The API server begins to ask a little after a configuration was stored.
    await eventually('admission', async () => {
      const probe = instance('probe', { clusterServiceClassExternalName: '' });
      return (await admin.try(['create', '--dry-run=server', '-f', '-'], probe)).stderr.includes('must name a class');
    });
    await offer('sql', true, ['small', 'large']);
    await offer('fixed', false, ['small', 'large']);
    await offer('lonely', false, ['only']);
    await kube.create(SECRETS, { metadata: { namespace: OTHER, name: 'top' }, data: { secret: btoa('hidden') } });
  });
  afterAll(async () => {
    // In reverse order; what did not come to be has nothing to give back.
    for (const release of releases.reverse()) await release();
  });

  async function offer(name: string, planUpdatable: boolean, plans: readonly string[]): Promise<void> {
    const broker = { clusterServiceBrokerName: 'a-broker' };
    await kube.create<ClusterServiceClass>(CLUSTER_SERVICE_CLASSES, {
      metadata: { name },
      spec: { ...broker, externalName: name, externalID: name, description: name, bindable: true, planUpdatable },
    });
    for (const plan of plans) {
      await kube.create<ClusterServicePlan>(CLUSTER_SERVICE_PLANS, {
        metadata: { name: `${name}-${plan}` },
        spec: {
          ...broker,
          clusterServiceClassRef: { name },
          externalName: plan,
          externalID: `${name}-${plan}`,
          description: plan,
          free: true,
          instanceCreateParameterSchema: {
            $schema: 'http://json-schema.org/draft-04/schema#',
            type: 'object',
            properties: { storageGB: { type: 'integer', minimum: 1 } },
            additionalProperties: false,
          },
        },
      });
    }
  }

  async function stored(kind: string, name: string): Promise<Stored> {
    return admin.json<Stored>(['-n', TEAM, 'get', kind, name]);
  }

  /** What the API server says to her; fails when it lets her. */
  async function refusal(args: readonly string[], input?: string): Promise<string> {
    const ended = await alice.try(args, input);
    expect([ended.code, ended.stdout]).not.toEqual([0, expect.anything()]);
    return ended.stderr;
  }

  describe('an object that is created', () => {
    test('is completed, and its user is who created it, whatever was written about that', async () => {
      await alice.apply(instance('mine', { userInfo: { username: 'system:admin', groups: ['system:masters'] } }));
      const { metadata, spec } = await stored('serviceinstance', 'mine');
      expect(metadata.finalizers).toEqual([FINALIZER]);
      expect(spec).toMatchObject({ updateRequests: 0, userInfo: { username: 'alice' } });
      expect((spec['userInfo'] as { groups: string[] }).groups.sort()).toEqual([
        'system:authenticated',
        'team-a-members',
      ]);
      await alice.apply(binding('mine', { userInfo: { username: 'system:admin' } }));
      expect((await stored('servicebinding', 'mine')).spec).toMatchObject({
        secretName: 'mine',
        userInfo: { username: 'alice' },
      });
    });

    test('has an id at the broker that was made up for it, and a note of that which nobody else can write', async () => {
      for (const text of [instance('made'), instance('chosen', { externalID: 'chosen-id' })]) {
        const object = JSON.parse(text) as KubeObject;
        const forged = { ...object, metadata: { ...object.metadata, annotations: { [GENERATED_ID]: 'chosen-id' } } };
        await alice.run(['create', '-f', '-'], JSON.stringify(forged));
      }
      const { metadata, spec } = await stored('serviceinstance', 'made');
      expect(spec['externalID']).toMatch(/^[0-9a-f]{8}-[0-9a-f-]{27}$/);
      expect(metadata.annotations).toEqual({ [GENERATED_ID]: spec['externalID'] });
      const note = `${GENERATED_ID}=chosen-id`;
      await alice.run(['-n', TEAM, 'annotate', '--overwrite', 'serviceinstance', 'chosen', note]);
      expect((await stored('serviceinstance', 'chosen')).metadata).not.toHaveProperty('annotations');
    });

    test('gets the only plan there is, and has to name one of several', async () => {
      await alice.apply(
        instance('lonely', { clusterServiceClassExternalName: 'lonely', clusterServicePlanExternalName: undefined }),
      );
      expect((await stored('serviceinstance', 'lonely')).spec['clusterServicePlanExternalName']).toBe('only');
      const words = await refusal(
        ['create', '-f', '-'],
        instance('open', { clusterServicePlanExternalName: undefined }),
      );
      expect(words).toContain('PlanName must be specified: one of large, small');
    });

    test('may have a name that is made up, and a class that is not there yet', async () => {
      const text = JSON.parse(binding('x')) as KubeObject;
      const unnamed = JSON.stringify({ ...text, metadata: { namespace: TEAM, generateName: 'made-up-' } });
      const created = await alice.run(['create', '-f', '-', '-o', 'name'], unnamed);
      expect(created).toMatch(/made-up-\w+/);
      const early = await alice.try(
        ['create', '-f', '-'],
        instance('early', { clusterServiceClassExternalName: 'late' }),
      );
      expect([early.code, early.stderr]).toEqual([0, expect.stringContaining('the instance waits for it')]);
    });

    test.each<[string, string, RegExp]>([
      ['two classes', instance('bad', { serviceClassName: 'x' }), /must name the class once/],
      ['an id that is taken', instance('bad', { externalID: 'taken' }), /is the id of another ServiceInstance/],
      ['an id that is too long', instance('bad', { externalID: 'x'.repeat(64) }), /externalID/],
      ['parameters the plan forbids', instance('bad', { parameters: { storageGB: 0 } }), /spec.parameters.storageGB/],
      ['parameters the plan does not know', instance('bad', { parameters: { colour: 'red' } }), /colour/],
      ['parameters from no Secret', instance('bad', { parametersFrom: [{}] }), /secretKeyRef/],
      ['a Secret of an impossible name', binding('bad', { secretName: 'Not A Name' }), /spec.secretName/],
      [
        'a JSONPath that is none',
        binding('bad', { secretTransforms: [{ addKey: { key: 'a', jsonPathExpression: '{.a' } }] }),
        /jsonPathExpression/,
      ],
      [
        "keys of another namespace's Secret",
        binding('bad', { secretTransforms: [{ addKeysFrom: { secretRef: { namespace: OTHER, name: 'top' } } }] }),
        /user "alice" must be allowed to get the Secret "top" in namespace "team-b"/,
      ],
      [
        'a login in the URL of a broker',
        manifest('ServiceBroker', 'bad', { url: 'https://a:b@example.com' }),
        /must not hold credentials/,
      ],
    ])('with %s is refused, and why is said', async (_what, text, words) => {
      if ((await admin.try(['-n', TEAM, 'get', 'serviceinstance', 'taken'])).code !== 0) {
        await admin.apply(instance('taken', { externalID: 'taken' }));
      }
      expect(await refusal(['create', '-f', '-'], text)).toMatch(words);
      expect((await admin.try(['-n', TEAM, 'get', 'serviceinstance,servicebinding,servicebroker', 'bad'])).code).toBe(
        1,
      );
    });

    test('by somebody who may read the Secret may have its keys', async () => {
      const transforms = [{ addKeysFrom: { secretRef: { namespace: OTHER, name: 'top' } } }];
      await admin.apply(binding('allowed', { secretTransforms: transforms }));
      expect((await stored('servicebinding', 'allowed')).spec).toMatchObject({ userInfo: { username: 'admin' } });
    });
  });

  describe('an object that is changed', () => {
    test('keeps who made it when nothing of the user’s is changed, and then names who changed it', async () => {
      await admin.apply(instance('shared'));
      const label = ['-n', TEAM, 'label', 'serviceinstance', 'shared', 'a=b'];
      await alice.run(label);
      expect((await stored('serviceinstance', 'shared')).spec).toMatchObject({ userInfo: { username: 'admin' } });
      await patch('serviceinstance', 'shared', { userInfo: { username: 'mallory' } });
      expect((await stored('serviceinstance', 'shared')).spec).toMatchObject({ userInfo: { username: 'admin' } });
      await patch('serviceinstance', 'shared', { parameters: { storageGB: 2 } });
      expect((await stored('serviceinstance', 'shared')).spec).toMatchObject({ userInfo: { username: 'alice' } });
    });

    test('may have another plan where its class allows that, and nowhere else', async () => {
      for (const name of ['sql', 'fixed']) {
        await alice.apply(instance(`plan-${name}`, { clusterServiceClassExternalName: name }));
        // As the controllers do: what it means, and that it is there.
        const references = { clusterServiceClassRef: { name }, clusterServicePlanRef: { name: `${name}-small` } };
        await kube.patch(
          SERVICE_INSTANCES,
          { namespace: TEAM, name: `plan-${name}` },
          { type: 'merge', body: { spec: references } },
        );
        await kube.patch(
          SERVICE_INSTANCES,
          { namespace: TEAM, name: `plan-${name}` },
          { type: 'merge', body: { status: { ...statusOf(), provisionStatus: 'Provisioned' } } },
          { subresource: 'status' },
        );
      }
      await patch('serviceinstance', 'plan-sql', { clusterServicePlanExternalName: 'large' });
      expect((await stored('serviceinstance', 'plan-sql')).spec['clusterServicePlanRef']).toBeUndefined();
      const words = await refusal(
        patchArgs('serviceinstance', 'plan-fixed', { clusterServicePlanExternalName: 'large' }),
      );
      expect(words).toContain('does not allow plan changes');
    });

    test('does not lose or change what may not change', async () => {
      await alice.apply(instance('whole', { externalID: 'whole-id' }));
      await patch('serviceinstance', 'whole', { externalID: null });
      expect((await stored('serviceinstance', 'whole')).spec['externalID']).toBe('whole-id');
      const change = (spec: Spec): Promise<string> => refusal(patchArgs('serviceinstance', 'whole', spec));
      expect(await change({ externalID: 'other' })).toMatch(/spec.externalID: is immutable once set/);
      expect(await change({ clusterServiceClassExternalName: 'fixed' })).toMatch(/class of an instance is immutable/);
      expect(await change({ clusterServicePlanRef: { name: 'fixed-small' } })).toMatch(
        /must lead to what the spec names/,
      );
      await alice.apply(binding('whole'));
      const rebind = await refusal(patchArgs('servicebinding', 'whole', { instanceRef: { name: 'shared' } }));
      expect(rebind).toMatch(/immutable|delete the binding/);
    });

    test('by server-side apply is what was applied, and again, and is not there after a dry run', async () => {
      const apply = ['apply', '--server-side', '-f', '-'];
      const text = instance('applied', { parameters: { storageGB: 3 } });
      await alice.run([...apply, '--dry-run=server'], text);
      expect((await admin.try(['-n', TEAM, 'get', 'serviceinstance', 'applied'])).stderr).toContain('not found');
      await alice.run(apply, text);
      const first = await stored('serviceinstance', 'applied');
      expect(first.spec).toMatchObject({ userInfo: { username: 'alice' }, parameters: { storageGB: 3 } });
      await alice.run(apply, text);
      expect(await stored('serviceinstance', 'applied')).toEqual(first);
      await alice.run(apply, instance('applied', { parameters: { storageGB: 4 } }));
      expect((await stored('serviceinstance', 'applied')).spec).toMatchObject({ parameters: { storageGB: 4 } });
    });

    test('has a status that makes sense, if it is a binding', async () => {
      await alice.apply(binding('status'));
      const key = { namespace: TEAM, name: 'status' };
      const write = (status: object): Promise<unknown> =>
        kube.patch(
          SERVICE_BINDINGS,
          key,
          { type: 'merge', body: { status: { ...statusOf(), ...status } } },
          { subresource: 'status' },
        );
      await write({ unbindStatus: 'NotRequired' });
      await expect(write({ currentOperation: 'Bind' })).rejects.toThrow(/inProgressProperties: is required/);
    });
  });

  describe('another webhook', () => {
    let meddler: MeddlingWebhook;
    beforeAll(async () => {
      meddler = await startMeddlingWebhook();
      await kube.create(WEBHOOK_CONFIGURATIONS.MutatingWebhookConfiguration, meddler.configuration('zz-meddler'));
    });
    afterAll(async () => {
      await kube.delete(WEBHOOK_CONFIGURATIONS.MutatingWebhookConfiguration, { name: 'zz-meddler' });
      await meddler.stop();
    });

    test('that changes what admission has set has it set back', async () => {
      meddler.patch = [{ op: 'replace', path: '/spec/userInfo', value: { username: 'system:admin' } }];
      await untilAsked();
      await alice.apply(instance('meddled'));
      expect((await stored('serviceinstance', 'meddled')).spec).toMatchObject({ userInfo: { username: 'alice' } });
    });

    test('that orders something else has it checked as if the user had', async () => {
      meddler.patch = [{ op: 'add', path: '/spec/parameters', value: { storageGB: -1 } }];
      expect(await refusal(['create', '-f', '-'], instance('meddled'))).toMatch(/spec.parameters.storageGB/);
      meddler.patch = [{ op: 'add', path: '/spec/parameters', value: { storageGB: 7 } }];
      await admin.run(['-n', TEAM, 'label', 'serviceinstance', 'shared', 'c=d']);
      // His change, by his order: he is the user from now on, for admission was asked again after the other webhook.
      expect((await stored('serviceinstance', 'shared')).spec).toMatchObject({
        parameters: { storageGB: 7 },
        userInfo: { username: 'admin' },
      });
    });

    test('that will not leave it alone is told so', async () => {
      meddler.patch = [{ op: 'replace', path: '/spec/userInfo', value: { username: 'system:admin' } }];
      await kube.delete(WEBHOOK_CONFIGURATIONS.MutatingWebhookConfiguration, { name: 'zz-meddler' });
      const insisting = meddler.configuration('zz-meddler', { insists: true });
      await kube.create(WEBHOOK_CONFIGURATIONS.MutatingWebhookConfiguration, insisting);
      const words = await eventually('the other webhook to insist', async () => {
        const ended = await alice.try(['create', '--dry-run=server', '-f', '-'], instance('insisted'));
        return ended.code !== 0 && ended.stderr;
      });
      expect(words).toContain('spec.userInfo: is set by the admission webhook mutate.servicecatalog.k8s.io');
    });

    async function untilAsked(): Promise<void> {
      await eventually('the other webhook to be asked', async () => {
        await alice.try(['create', '--dry-run=server', '-f', '-'], instance('probe'));
        return meddler.asked > 0;
      });
    }
  });

  describe('that is down', () => {
    test('lets nothing in unchecked', async () => {
      await alice.apply(instance('leaving'));
      await alice.apply(binding('leaving'));
      await alice.run(['-n', TEAM, 'delete', 'servicebinding,serviceinstance', 'leaving', '--wait=false']);
      await webhook.stop();
      const words = await refusal(['create', '-f', '-'], instance('unchecked'));
      expect(words).toContain('failed calling webhook "mutate.servicecatalog.k8s.io"');
    });

    const goes = isOlder(clusterState().version, CONDITIONS_SINCE) ? test.skip : test;
    goes(`does not hold up what is going away (NOT RUN before Kubernetes ${CONDITIONS_SINCE})`, async () => {
      const key = { namespace: TEAM, name: 'leaving' };
      const status = { ...statusOf(), unbindStatus: 'Succeeded' };
      await kube.patch(SERVICE_BINDINGS, key, { type: 'merge', body: { status } }, { subresource: 'status' });
      for (const resource of [SERVICE_BINDINGS, SERVICE_INSTANCES] as readonly Resource[]) {
        await kube.patch(resource, key, { type: 'merge', body: { metadata: { finalizers: [] } } });
        expect(await kube.get(resource, key)).toBeUndefined();
      }
    });

    test('has asked for nothing its role does not allow', async () => {
      const username = `system:serviceaccount:${ACCOUNT.namespace}:${ACCOUNT.name}`;
      const lines = (await readFile(cluster.auditLog, 'utf8')).trim().split('\n');
      const requests = lines
        .map((line) => JSON.parse(line) as AuditLine)
        .filter(({ user }) => user.username === username);
      expect(requests.length).toBeGreaterThan(8);
      expect(
        requests.filter(({ responseStatus }) => (responseStatus?.code ?? 0) >= 400 && responseStatus?.code !== 404),
      ).toEqual([]);
      const used = new Set(requests.map(({ verb, objectRef }) => `${verb} ${objectRef?.resource ?? ''}`));
      const granted = CLUSTER_ROLE_RULES.flatMap(({ resources, verbs }) =>
        resources.flatMap((resource) => verbs.map((verb) => `${verb} ${resource}`)),
      );
      for (const one of used) expect(granted).toContain(one);
    });
  });

  function patchArgs(kind: string, name: string, spec: Spec): string[] {
    return ['-n', TEAM, 'patch', kind, name, '--type=merge', '-p', JSON.stringify({ spec })];
  }

  async function patch(kind: string, name: string, spec: Spec): Promise<void> {
    await alice.run(patchArgs(kind, name, spec));
  }
});

interface AuditLine {
  readonly verb: string;
  readonly user: { readonly username: string };
  readonly objectRef?: { readonly resource: string };
  readonly responseStatus?: { readonly code: number };
}

function manifest(kind: string, name: string, spec: Spec): string {
  return JSON.stringify({
    apiVersion: 'servicecatalog.k8s.io/v1beta1',
    kind,
    metadata: { namespace: TEAM, name },
    spec,
  });
}

function instance(name: string, spec: Spec = {}): string {
  const names = { clusterServiceClassExternalName: 'sql', clusterServicePlanExternalName: 'small' };
  return manifest('ServiceInstance', name, { ...names, ...spec });
}

function binding(name: string, spec: Spec = {}): string {
  return manifest('ServiceBinding', name, { instanceRef: { name: 'mine' }, ...spec });
}

/** What the schema wants of any status. */
function statusOf(): object {
  return { conditions: [], asyncOpInProgress: false, orphanMitigationInProgress: false, reconciledGeneration: 0 };
}

function list(...items: object[]): string {
  return JSON.stringify({ apiVersion: 'v1', kind: 'List', items });
}

const RBAC = 'rbac.authorization.k8s.io';

function accountOfTheWebhook(): object[] {
  const { namespace, name } = ACCOUNT;
  return [
    namespaceObject(namespace),
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { namespace, name } },
    { apiVersion: `${RBAC}/v1`, kind: 'ClusterRole', metadata: { name }, rules: CLUSTER_ROLE_RULES },
    {
      apiVersion: `${RBAC}/v1`,
      kind: 'ClusterRoleBinding',
      metadata: { name },
      roleRef: { apiGroup: RBAC, kind: 'ClusterRole', name },
      subjects: [{ kind: 'ServiceAccount', namespace, name }],
    },
  ];
}

function rolesOfAlice(): object[] {
  const metadata = { namespace: TEAM, name: 'members' };
  const groups = ['servicecatalog.k8s.io'];
  const resources = ['serviceinstances', 'servicebindings', 'servicebrokers'];
  const verbs = ['get', 'list', 'create', 'update', 'patch', 'delete'];
  return [
    namespaceObject(TEAM),
    namespaceObject(OTHER),
    { apiVersion: `${RBAC}/v1`, kind: 'Role', metadata, rules: [{ apiGroups: groups, resources, verbs }] },
    {
      apiVersion: `${RBAC}/v1`,
      kind: 'RoleBinding',
      metadata,
      roleRef: { apiGroup: RBAC, kind: 'Role', name: 'members' },
      subjects: [{ apiGroup: RBAC, kind: 'Group', name: 'team-a-members' }],
    },
  ];
}

function namespaceObject(name: string): object {
  return { apiVersion: NAMESPACES.version, kind: NAMESPACES.kind, metadata: { name } };
}
