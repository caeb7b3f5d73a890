import './same-realm.ts';
import { startController } from '../../../../catalog-controller/program.ts';
import type { RunningController } from '../../../../catalog-controller/program.ts';
import type { Settings } from '../../../../catalog-controller/settings.ts';
import { findCondition } from '../../../../lib/catalog/conditions.ts';
import {
  CLUSTER_SERVICE_BROKERS,
  CLUSTER_SERVICE_CLASSES,
  SERVICE_BINDINGS,
  SERVICE_INSTANCES,
} from '../../../../lib/catalog/resources.ts';
import type { ClusterServiceBroker, ServiceBinding, ServiceInstance } from '../../../../lib/catalog/types.generated.ts';
import { createKubeClient } from '../../../../lib/kube/api-client.ts';
import type { KubeClient } from '../../../../lib/kube/client.ts';
import { EVENTS, NAMESPACES, SECRETS } from '../../../../lib/kube/core-resources.ts';
import type { Secret } from '../../../../lib/kube/core-resources.ts';
import type { KubeObject, ObjectKey, Resource } from '../../../../lib/kube/objects.ts';
import { Lifecycle } from '../../../../lib/runtime/lifecycle.ts';
import { createLogger, silentLogger } from '../../../../lib/runtime/log.ts';
import { startTestApiServer } from '../../../support/api-server.ts';
import type { TestApiServer, TestApiServerOptions } from '../../../support/api-server.ts';
import { FakeBroker } from '../../../support/fake-broker.ts';
import { aFakeCatalog } from '../../../support/fake-broker-world.ts';
import { eventually } from '../../../support/wait.ts';

/** Everything is quick, so that tests need not wait for pauses made for people. */
const QUICK: Omit<Settings, 'kubeconfig'> = {
  admission: 'apiserver',
  leaderElection: undefined,
  clusterIdConfigMap: { namespace: 'default', name: 'cluster-info' },
  listen: { host: '127.0.0.1', port: 0 },
  concurrentSyncs: 5,
  brokerRelistIntervalMs: 24 * 3_600_000,
  osbApiRequestTimeoutMs: 1_500,
  pollMaximumMs: 200,
  retryMaximumMs: 200,
  retryDurationMs: 168 * 3_600_000,
  resyncIntervalMs: 1_000,
  brokerAddresses: {},
  logLevel: 'silent',
  identity: 'test',
};

type Conditioned = KubeObject & {
  status?: { conditions?: { type: string; status: string; reason: string; message: string }[] };
};

/** An API server, the controllers and brokers that do as they are told, all real, in this process. */
export class ControllerWorld {
  readonly kube: KubeClient;
  readonly #api: TestApiServer;
  readonly #brokers: FakeBroker[] = [];
  #controller: { readonly lifecycle: Lifecycle; readonly running: RunningController } | undefined;

  private constructor(api: TestApiServer) {
    this.#api = api;
    this.kube = createKubeClient({ kubeconfig: api.kubeconfig });
  }

  /** With the rules of admission unless `api` has others, and the controllers in this process. */
  static async start(settings: Partial<Settings> = {}, api: TestApiServerOptions = {}): Promise<ControllerWorld> {
    const world = new ControllerWorld(await startTestApiServer(api));
    await world.startController(settings);
    return world;
  }

  /** As on a cluster where nobody has installed admission. */
  static async startWithoutAdmission(): Promise<ControllerWorld> {
    const letPass: NonNullable<TestApiServerOptions['admission']> = async ({ object }) => ({
      allowed: true,
      ...(object === undefined ? {} : { object }),
    });
    const world = new ControllerWorld(await startTestApiServer({ admission: letPass }));
    await world.startController({ admission: 'none' });
    return world;
  }

  /** The API server alone; the test runs the controllers as processes. */
  static async startWithoutController(): Promise<ControllerWorld> {
    return new ControllerWorld(await startTestApiServer());
  }

  get kubeconfigFile(): string {
    return this.#api.kubeconfigFile;
  }

  /** Where health and metrics are. */
  get healthUrl(): string {
    return this.#controller?.running.url ?? '';
  }

  async startController(settings: Partial<Settings> = {}): Promise<void> {
    const log = process.env['CONTROLLER_LOG'] === undefined ? silentLogger() : createLogger('controller', 'debug');
    const lifecycle = new Lifecycle(log);
    const running = await startController(
      { ...QUICK, kubeconfig: this.#api.kubeconfigFile, ...settings },
      {},
      log,
      lifecycle,
    );
    this.#controller = { lifecycle, running };
  }

  async stopController(): Promise<void> {
    await this.#controller?.lifecycle.stop('test');
    this.#controller = undefined;
  }

  async stop(): Promise<void> {
    await this.stopController();
    this.kube.close();
    for (const broker of this.#brokers) await broker.stop();
    await this.#api.stop();
  }

  /** A broker of its own with one class, `<name>-service`, and plans small and large; registered and read. */
  async broker(name: string, catalog: Parameters<typeof aFakeCatalog>[0] = {}): Promise<FakeBroker> {
    const broker = await this.fakeBroker(name, catalog);
    await this.register(name, broker.url);
    await this.ready(CLUSTER_SERVICE_BROKERS, { name });
    return broker;
  }

  /** The same, not registered yet. */
  async fakeBroker(name: string, catalog: Parameters<typeof aFakeCatalog>[0] = {}): Promise<FakeBroker> {
    const broker = await new FakeBroker({
      catalog: aFakeCatalog({
        id: `${name}-service-id`,
        name: `${name}-service`,
        plans: ['small', 'large'].map((plan) => ({
          id: `${name}-${plan}-id`,
          name: plan,
          description: 'A plan.',
          free: true,
        })),
        ...catalog,
      }),
    }).start();
    this.#brokers.push(broker);
    return broker;
  }

  async register(name: string, url: string, spec: Partial<ClusterServiceBroker['spec']> = {}): Promise<void> {
    await this.kube.create(CLUSTER_SERVICE_BROKERS, { metadata: { name }, spec: { url, ...spec } });
  }

  async namespace(name: string): Promise<string> {
    await this.kube.create(NAMESPACES, { metadata: { name } });
    return name;
  }

  async instance(
    namespace: string,
    name: string,
    broker: string,
    spec: Partial<ServiceInstance['spec']> = {},
  ): Promise<ObjectKey> {
    await this.kube.create(SERVICE_INSTANCES, {
      metadata: { namespace, name },
      spec: {
        clusterServiceClassExternalName: `${broker}-service`,
        clusterServicePlanExternalName: 'small',
        ...spec,
      },
    });
    return { namespace, name };
  }

  async binding(
    namespace: string,
    name: string,
    instance: string,
    spec: Partial<ServiceBinding['spec']> = {},
  ): Promise<ObjectKey> {
    await this.kube.create(SERVICE_BINDINGS, {
      metadata: { namespace, name },
      spec: { instanceRef: { name: instance }, ...spec },
    });
    return { namespace, name };
  }

  /** Waits until the object is Ready, and returns it. */
  async ready<T extends KubeObject>(resource: Resource<T>, key: ObjectKey): Promise<T> {
    return this.condition(resource, key, 'Ready', ({ status }) => status === 'True');
  }

  /** Waits until the object has this reason in its condition, and returns it. */
  async reason<T extends KubeObject>(
    resource: Resource<T>,
    key: ObjectKey,
    reason: string,
    type: 'Ready' | 'Failed' | 'OrphanMitigation' = 'Ready',
  ): Promise<T> {
    return this.condition(resource, key, type, (condition) => condition.reason === reason);
  }

  async condition<T extends KubeObject>(
    resource: Resource<T>,
    key: ObjectKey,
    type: 'Ready' | 'Failed' | 'OrphanMitigation',
    holds: (condition: { status: string; reason: string; message: string }) => boolean,
  ): Promise<T> {
    let seen: T | undefined;
    return eventually(
      `${type} of ${resource.kind} ${key.name}`,
      async () => {
        seen = await this.kube.get(resource, key);
        const condition = findCondition((seen as Conditioned | undefined)?.status as never, type);
        return condition !== undefined && holds(condition) ? seen : undefined;
      },
      { timeoutMs: 20_000, everyMs: 30, describe: () => (seen as Conditioned | undefined)?.status ?? 'no object' },
    );
  }

  async gone(resource: Resource, key: ObjectKey): Promise<void> {
    let seen: KubeObject | undefined;
    await eventually(
      `${resource.kind} ${key.name} to go`,
      async () => {
        seen = await this.kube.get(resource, key);
        return seen === undefined;
      },
      { timeoutMs: 20_000, everyMs: 30, describe: () => (seen as Conditioned | undefined)?.status },
    );
  }

  async delete(resource: Resource, key: ObjectKey): Promise<void> {
    await this.kube.delete(resource, key);
  }

  /** The data of a Secret, decoded. */
  async secret(key: ObjectKey): Promise<Record<string, string> | undefined> {
    const secret = await this.kube.get<Secret>(SECRETS, key);
    if (secret === undefined) return undefined;
    return Object.fromEntries(
      Object.entries(secret.data ?? {}).map(([name, value]) => [name, Buffer.from(value, 'base64').toString('utf8')]),
    );
  }

  /** The reasons of the events about an object, in order of their making. */
  async eventReasons(key: ObjectKey): Promise<string[]> {
    const { items } = await this.kube.list(EVENTS, { namespace: key.namespace ?? 'default' });
    return items.filter(({ involvedObject }) => involvedObject.name === key.name).map(({ reason }) => reason ?? '');
  }

  async classGone(name: string): Promise<void> {
    await eventually(`class ${name} to go`, async () => {
      const { items } = await this.kube.list(CLUSTER_SERVICE_CLASSES);
      return !items.some(({ spec }) => spec.externalName === name);
    });
  }
}
