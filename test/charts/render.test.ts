import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { randomBytes } from 'node:crypto';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { createCertificateAuthority, issueCertificate } from '../../lib/runtime/tls.ts';
import { parseSettings as parseControllerSettings } from '../../catalog-controller/settings.ts';
import { CLUSTER_ROLE_RULES, WEBHOOK_ENTRIES } from '../../catalog-controller/webhook/rules.ts';
import { parseSettings as parseWebhookSettings } from '../../catalog-controller/webhook/settings.ts';
import { run } from '../support/run.ts';
import { describeWithHelm } from './support/environment.ts';
import { chartFolder, CHARTS, helm, only, render, valueSetFile, valueSets } from './support/helm.ts';
import type { ChartName, RenderedObject } from './support/helm.ts';
import { containersOf, podTemplates } from './support/pods.ts';

const root = join(import.meta.dirname, '../..');
const KUBERNETES = ['v1.25.0', 'v1.34.4'];
const SAMPLES = CHARTS.flatMap((chart) => valueSets(chart).map((set): [ChartName, string] => [chart, set]));

describeWithHelm('every sample of values', () => {
  describe.each(SAMPLES)('%s, %s', (chart, set) => {
    const values = ['--values', valueSetFile(chart, set)];

    test('passes helm lint --strict', async () => {
      await helm(['lint', '--strict', chartFolder(chart), ...values]);
    });

    test.each(KUBERNETES)('renders for %s: labelled objects in the namespace of the release', async (kubernetes) => {
      const objects = await render(chart, values, kubernetes, 'somewhere');
      expect(objects.length).toBeGreaterThan(3);
      expect(new Set(objects.map(identity)).size).toBe(objects.length);
      for (const object of objects) {
        expect(object.metadata.labels).toMatchObject({
          'app.kubernetes.io/instance': chart,
          'app.kubernetes.io/managed-by': 'Helm',
        });
      }
    });

    test('has pods without privileges, that declare what they use and how to see that they work', async () => {
      const workloads = podTemplates(await render(chart, values));
      expect(workloads.length).toBeGreaterThan(0);
      for (const { template } of workloads) {
        expect(template.spec).toMatchObject({
          securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
        });
        for (const container of containersOf(template)) {
          expect(container.securityContext).toEqual({
            allowPrivilegeEscalation: false,
            readOnlyRootFilesystem: true,
            capabilities: { drop: ['ALL'] },
          });
          expect(container.resources.limits).toHaveProperty('memory');
          if (container.name !== 'ambassador') expect(container).toHaveProperty('readinessProbe');
        }
      }
    });

    test('grants no right by a wildcard', async () => {
      const roles = (await render(chart, values)).filter(({ kind }) => kind === 'Role' || kind === 'ClusterRole');
      for (const role of roles) expect(JSON.stringify(role['rules'])).not.toContain('*');
    });
  });
});

const identity = ({ kind, metadata }: RenderedObject): string => `${kind} ${metadata.namespace ?? ''}/${metadata.name}`;

describeWithHelm('the chart service-catalog', () => {
  test('has the kinds of crds/, kept when it is uninstalled and otherwise unchanged', async () => {
    const rendered = (await render('service-catalog', [])).filter(({ kind }) => kind === 'CustomResourceDefinition');
    expect(rendered).toHaveLength(8);
    for (const { metadata, ...kind } of rendered) {
      const plural = metadata.name.split('.')[0] ?? '';
      const source = parse(readFileSync(join(root, 'crds', `${plural}.yaml`), 'utf8')) as RenderedObject;
      const { metadata: original, ...definition } = source;
      expect(kind).toEqual(definition);
      expect(metadata.annotations).toEqual({ ...original.annotations, 'helm.sh/resource-policy': 'keep' });
      expect(metadata.labels).toMatchObject(original.labels ?? {});
    }
  });

  test('sends the webhook what it wants to be sent, and lets it do what it must', async () => {
    const objects = await render('service-catalog', []);
    for (const kind of ['MutatingWebhookConfiguration', 'ValidatingWebhookConfiguration']) {
      const { webhooks } = only(objects, kind) as unknown as {
        webhooks: ({ clientConfig: { service: { path: string } } } & Record<string, unknown>)[];
      };
      const sent = webhooks.map(({ clientConfig, ...webhook }) => ({ path: clientConfig.service.path, webhook }));
      const wanted = WEBHOOK_ENTRIES.filter(({ configuration }) => configuration === kind).map(({ path, webhook }) => ({
        path,
        webhook,
      }));
      expect(sorted(sent)).toEqual(sorted(wanted));
    }
    expect(sorted(only(objects, 'ClusterRole', 'service-catalog-webhook')['rules'])).toEqual(
      sorted(CLUSTER_ROLE_RULES),
    );
  });

  test.each(valueSets('service-catalog'))('starts programs with flags that they take: %s', async (set) => {
    const templates = podTemplates(
      await render('service-catalog', ['--values', valueSetFile('service-catalog', set)]),
    ).map(({ template }) => template);
    const flagsOf = (program: string): readonly string[] | undefined => {
      const found = templates.flatMap(containersOf).find(({ name }) => name === program);
      const [subcommand, ...flags] = found?.args ?? [];
      if (found !== undefined) expect(subcommand).toBe(program);
      return found && flags;
    };
    expect(parseControllerSettings(flagsOf('controller') ?? [])).toMatchObject({ listen: { host: '', port: 8444 } });
    const webhook = flagsOf('webhook');
    if (webhook === undefined) return;
    const settings = parseWebhookSettings(webhook);
    expect(settings).toMatchObject({ listen: { host: '', port: 8445 }, healthListen: { host: '', port: 8446 } });
    expect((settings as { shutdownDelayMs: number }).shutdownDelayMs).toBeGreaterThan(0);
  });

  test.each([
    ['mode=webhook,admission.failurePolicy=Fail', 'webhook'],
    ['mode=webhook,admission.failurePolicy=Ignore', 'none'],
    ['mode=none,admission.failurePolicy=Fail', 'none'],
  ])('lets controllers believe what only admission may write where nothing gets past it: %s', async (set, believed) => {
    const templates = podTemplates(await render('service-catalog', ['--set', `admission.${set}`]));
    const controller = templates
      .flatMap(({ template }) => containersOf(template))
      .find(({ name }) => name === 'controller');
    expect(parseControllerSettings(controller?.args?.slice(1) ?? [])).toMatchObject({ admission: believed });
  });

  test.each([
    ['', 'service-catalog'],
    ['default', 'default'],
  ])('lets the controllers have the id of the cluster in one namespace, %j: %s', async (value, namespace) => {
    const objects = await render('service-catalog', ['--set', `clusterId.configMapNamespace=${value}`]);
    const containers = podTemplates(objects).flatMap(({ template }) => containersOf(template));
    const controller = containers.find(({ name }) => name === 'controller');
    expect(parseControllerSettings(controller?.args?.slice(1) ?? [])).toMatchObject({
      clusterIdConfigMap: { namespace, name: 'cluster-info' },
    });
    const roles = objects.filter(
      (object) => object.kind === 'Role' && JSON.stringify(object['rules']).includes('configmaps'),
    );
    expect(roles.map(({ metadata }) => metadata.namespace)).toEqual([namespace]);
    const binding = only(objects, 'RoleBinding', roles[0]?.metadata.name);
    expect(binding.metadata.namespace).toBe(namespace);
  });

  test('replaces webhooks in place where they have ports of a node', async () => {
    const strategy = async (...values: string[]): Promise<unknown> => {
      const objects = await render('service-catalog', values);
      return (only(objects, 'Deployment', 'service-catalog-webhook')['spec'] as { strategy?: unknown }).strategy;
    };
    expect(await strategy('--set', 'webhook.hostNetwork=true')).toEqual({
      type: 'RollingUpdate',
      rollingUpdate: { maxSurge: 0, maxUnavailable: 1 },
    });
    expect(await strategy()).toBeUndefined();
  });

  test('leaves out match conditions before Kubernetes 1.28, which does not know them', async () => {
    const text = JSON.stringify(await render('service-catalog', [], 'v1.27.9'));
    expect(text).not.toContain('matchConditions');
  });

  test('lets only the ambassador hold the token of the service account', async () => {
    const templates = podTemplates(await render('service-catalog', ['--set', 'ambassador.enabled=true']));
    expect(templates).toHaveLength(2);
    for (const { template } of templates) {
      expect(template.spec.automountServiceAccountToken).toBe(false);
      for (const { name, args, volumeMounts } of containersOf(template)) {
        expect(volumeMounts.some((mount) => mount.name === 'token')).toBe(name === 'ambassador');
        if (name !== 'ambassador') expect(args).toContain('--kubeconfig=/etc/service-catalog/ambassador/kubeconfig');
      }
    }
  });

  test('ends the ambassador after the program it serves, where Kubernetes can', async () => {
    const values = ['--set', 'ambassador.enabled=true,ambassador.port=9001'];
    for (const [kubernetes, sidecar] of [
      ['v1.28.9', false],
      ['v1.29.0', true],
    ] as const) {
      for (const { template } of podTemplates(await render('service-catalog', values, kubernetes))) {
        const { initContainers = [], containers } = template.spec;
        const ambassador = [...(sidecar ? initContainers : containers)].find(({ name }) => name === 'ambassador');
        expect(ambassador?.restartPolicy).toBe(sidecar ? 'Always' : undefined);
        expect(ambassador?.args).toEqual(['proxy', '--address=127.0.0.1', '--port=9001']);
        expect(containersOf(template)).toHaveLength(2);
      }
    }
  });

  test('lets administrators of namespaces register brokers only when it is told to', async () => {
    const mayRegister = async (...values: string[]): Promise<string[]> =>
      (await render('service-catalog', values))
        .filter(({ kind, metadata }) => kind === 'ClusterRole' && metadata.name !== 'service-catalog-controller')
        .filter((role) =>
          (role['rules'] as { resources: string[]; verbs: string[] }[]).some(
            ({ resources, verbs }) => resources.includes('servicebrokers') && verbs.includes('create'),
          ),
        )
        .map(({ metadata }) => metadata.name);
    expect(await mayRegister()).toEqual([]);
    expect(await mayRegister('--set', 'rbac.adminsRegisterBrokers=true')).toEqual(['service-catalog-admin']);
  });

  test('shows no Secret to whoever may only view', async () => {
    const roles = (await render('service-catalog', ['--set', 'rbac.adminsRegisterBrokers=true'])).filter(
      ({ metadata }) => metadata.labels?.['rbac.authorization.k8s.io/aggregate-to-admin'] !== undefined,
    );
    expect(roles.map(({ metadata }) => metadata.name).toSorted()).toEqual([
      'service-catalog-admin',
      'service-catalog-edit',
      'service-catalog-view',
    ]);
    for (const role of roles) expect(JSON.stringify(role['rules'])).not.toMatch(/secrets|configmaps/);
    expect(JSON.stringify(only(roles, 'ClusterRole', 'service-catalog-view')['rules'])).not.toMatch(
      /create|update|patch|delete/,
    );
  });
});

/** Lists whose order means nothing, in one order. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value))
    return value.map(sorted).toSorted((a, b) => JSON.stringify(a).localeCompare(JSON.stringify(b)));
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).toSorted(([a], [b]) => a.localeCompare(b));
  return Object.fromEntries(entries.map(([key, inner]) => [key, sorted(inner)]));
}

describeWithHelm('the chart database-broker', () => {
  test.each(valueSets('database-broker'))('writes a configuration the broker accepts: %s', async (set) => {
    const objects = await render('database-broker', ['--values', valueSetFile('database-broker', set)]);
    const folder = mkdtempSync(join(tmpdir(), 'service-catalog-broker-config-'));
    try {
      await layOut(objects, folder);
      const broker = ['broker/main.ts', '--config', join(folder, 'broker.yaml'), '--check'];
      const ended = await run(process.execPath, broker, { cwd: root });
      expect(ended).toMatchObject({ code: 0, stderr: '' });
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  test('lets the controllers of the other chart reach the broker, and nobody else', async () => {
    const [policies, catalog] = await Promise.all([
      render('database-broker', ['--values', join(chartFolder('database-broker'), 'evaluation.yaml')]),
      render('service-catalog', []),
    ]);
    const { spec } = only(policies, 'NetworkPolicy', 'database-broker') as unknown as {
      spec: { ingress: { from: { podSelector: { matchLabels: Record<string, string> } }[] }[] };
    };
    expect(spec.ingress).toHaveLength(1);
    expect(spec.ingress[0]?.from).toHaveLength(1);
    const wanted = spec.ingress[0]?.from[0]?.podSelector.matchLabels ?? {};
    const reaching = podTemplates(catalog).filter(({ template: { metadata } }) =>
      Object.entries(wanted).every(([label, value]) => metadata.labels[label] === value),
    );
    expect(reaching.map(({ name }) => name)).toEqual(['service-catalog-controller']);
  });
});

describeWithHelm('what the broker may reach', () => {
  const OWN = ['--values', valueSetFile('database-broker', 'own-servers')];

  test.each([
    ['postgresql://u@store.example.org/db', 5432],
    ['postgresql://u@store.example.org:6432/db', 6432],
    ['postgresql://u@[fd00::1]/db', 5432],
    ['postgresql://u@[fd00::1]:6432/db', 6432],
  ])('is the store at %s on port %d', async (url, port) => {
    const objects = await render('database-broker', [...OWN, '--set', `store.url=${url}`]);
    const { spec } = only(objects, 'NetworkPolicy') as unknown as {
      spec: { egress: { ports: { port: number }[] }[] };
    };
    // After the name servers, before what the values add: the store, PostgreSQL, MySQL.
    expect(spec.egress[1]?.ports.map((one) => one.port)).toEqual([port, 5433, 3306]);
  });
});

describeWithHelm('what Prometheus is told of the certificate of the broker', () => {
  test.each(['own-servers', 'everything-of-evaluation'])('is in an object of the chart: %s', async (set) => {
    const objects = await render('database-broker', ['--values', valueSetFile('database-broker', set)]);
    const { spec } = only(objects, 'ServiceMonitor') as unknown as {
      spec: { endpoints: [{ tlsConfig: { ca: { configMap?: KeyRef; secret?: KeyRef } } }] };
    };
    const { configMap, secret } = spec.endpoints[0].tlsConfig.ca;
    const source = configMap ?? secret;
    const kind = configMap === undefined ? 'Secret' : 'ConfigMap';
    const data = only(objects, kind, source?.name)['data'] as Record<string, string>;
    const held = data[source?.key ?? ''] ?? '';
    expect(configMap === undefined ? Buffer.from(held, 'base64').toString() : held).toContain('BEGIN CERTIFICATE');
  });
});

interface KeyRef {
  readonly name: string;
  readonly key: string;
}

describeWithHelm('servers for evaluation', () => {
  test('are told their ports, by what the images read', async () => {
    const values = ['--values', valueSetFile('database-broker', 'everything-of-evaluation')];
    const told = podTemplates(await render('database-broker', values)).flatMap(({ template }) =>
      template.spec.containers
        .filter(({ name }) => name === 'database')
        .map((container) => ({
          port: (container['ports'] as { containerPort: number }[])[0]?.containerPort,
          told: (container['env'] as { name: string; value?: string }[]).find(({ name }) =>
            ['PGPORT', 'MYSQL_TCP_PORT'].includes(name),
          ),
        })),
    );
    expect(told).toEqual([
      { port: 13306, told: { name: 'MYSQL_TCP_PORT', value: '13306' } },
      { port: 15432, told: { name: 'PGPORT', value: '15432' } },
      { port: 15432, told: { name: 'PGPORT', value: '15432' } },
    ]);
  });
});

/** What the kubelet would do with the pod's volume: files from the objects, and stand-ins for Secrets of the user. */
async function layOut(objects: readonly RenderedObject[], folder: string): Promise<void> {
  const broker = podTemplates(objects).find(({ template }) => template.spec.containers[0]?.name === 'broker');
  const sources = broker?.template.spec.volumes.find(({ name }) => name === 'config')?.projected?.sources ?? [];
  const standIns = await createStandIns();
  const write = (path: string, text: string): void => {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  };
  for (const { configMap, secret } of sources) {
    if (configMap !== undefined) {
      const { data } = only(objects, 'ConfigMap', configMap.name) as unknown as { data: Record<string, string> };
      for (const [path, text] of Object.entries(data)) write(path, text);
    }
    for (const { key, path } of secret?.items ?? []) {
      const made = objects.find(({ kind, metadata }) => kind === 'Secret' && metadata.name === secret?.name);
      const data = made?.['data'] as Record<string, string> | undefined;
      const encoded = data?.[key];
      if (made !== undefined && encoded === undefined) throw new Error(`Secret ${made.metadata.name} has no ${key}`);
      write(path, encoded === undefined ? standIns(path) : Buffer.from(encoded, 'base64').toString());
    }
  }
}

async function createStandIns(): Promise<(path: string) => string> {
  const authority = await createCertificateAuthority('somebody');
  const server = await issueCertificate(authority, {
    commonName: 'broker',
    dnsNames: ['broker'],
    ipAddresses: [],
    server: true,
    days: 2,
  });
  return (path) => {
    if (path === 'tls/tls.crt') return server.certificate;
    if (path === 'tls/tls.key') return server.privateKey;
    if (path.endsWith('ca.crt')) return authority.certificate;
    return path.startsWith('encryption/') ? randomBytes(32).toString('base64') : 'a password of the user';
  };
}
