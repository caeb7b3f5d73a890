import { setTimeout as delay } from 'node:timers/promises';
import { createConnection } from 'mysql2/promise';
import type { KubeClient } from '../../lib/kube/client.ts';
import { isAlreadyExists } from '../../lib/kube/client.ts';
import { NAMESPACES, SECRETS } from '../../lib/kube/core-resources.ts';
import type { KubeObject, Resource } from '../../lib/kube/objects.ts';
import { SERVICE_BINDINGS, SERVICE_INSTANCES } from '../../lib/catalog/resources.ts';
import type { ServiceBinding, ServiceInstance } from '../../lib/catalog/types.generated.ts';
import type { ServerCensus } from './census.ts';
import { queryPostgres } from './census.ts';
import { Random } from './random.ts';
import { eventually } from './wait.ts';

/**
 * Instances and bindings are created, changed and deleted at random while SIGKILL ends broker, controllers and API
 * server at random moments. What the user asked for in the end is known here, in `Wanted`; afterwards everything must
 * be so: nothing left over, nothing lost.
 */

const NAMESPACE = 'kill-test';
const CLASSES = ['cloud-postgresql', 'cloud-mysql'] as const;
const PLANS = ['small', 'standard', 'large'] as const;
const VICTIMS = ['broker', 'catalog-controller', 'catalog-apiserver'] as const;
/** What a user does, each as often as it stands here: more is made than deleted, so that there is something to lose. */
const ACTIONS = [
  'create',
  'create',
  'create',
  'bind',
  'bind',
  'write',
  'write',
  'write',
  'update',
  'unbind',
  'delete',
] as const;
/** Instances alive at once; enough to have something in every state, few enough to converge soon. */
const MOST_INSTANCES = 8;

export interface KillScenarioOptions {
  readonly kube: KubeClient;
  /** Sends SIGKILL to the program of this name; its supervisor starts it again. */
  readonly kill: (program: (typeof VICTIMS)[number]) => Promise<void>;
  /** Which of the engines there are here. */
  readonly classes?: readonly string[];
  readonly census: () => Promise<ServerCensus>;
  /** How many instances and bindings the broker's store holds, and how many operations have not ended. */
  readonly storeCensus: () => Promise<{ instances: number; bindings: number; unfinished: number }>;
  readonly kills: number;
  readonly seed: number;
  readonly report: (line: string) => void;
}

export interface KillReport {
  readonly seed: number;
  readonly kills: Record<string, number>;
  readonly actions: Record<string, number>;
  readonly instances: number;
  readonly bindings: number;
  readonly rowsAcknowledged: number;
  readonly rowsFound: number;
  /** One line each; empty when everything is as it was asked for. */
  readonly faults: string[];
}

interface WantedInstance {
  readonly name: string;
  readonly className: string;
  plan: string;
  storageGB: number;
  readonly bindings: Set<string>;
  /** Rows whose INSERT was acknowledged through some binding. */
  rows: number;
}

class Scenario {
  readonly #options: KillScenarioOptions;
  readonly #random: Random;
  readonly #wanted = new Map<string, WantedInstance>();
  readonly #actions: Record<string, number> = {};
  readonly #kills: Record<string, number> = {};
  #counter = 0;

  constructor(options: KillScenarioOptions) {
    this.#options = options;
    this.#random = new Random(options.seed);
  }

  async run(): Promise<KillReport> {
    const { kube, report } = this.#options;
    await this.#untilAnswered(() => create(kube, NAMESPACES, { metadata: { name: NAMESPACE } }));
    let killing = true;
    const user = async (): Promise<void> => {
      while (killing) {
        await this.#act();
        await delay(this.#random.between(20, 300));
      }
    };
    const killer = this.#killAll().finally(() => (killing = false));
    await Promise.all([user(), killer]);
    report('waiting until everything is as it was asked for');
    await this.#converge();
    return this.#verdict();
  }

  /** Kills at moments that have nothing to do with what the user does just then. */
  async #killAll(): Promise<void> {
    const { kills, seed, kill, report } = this.#options;
    const random = new Random(seed + 1);
    for (let done = 1; done <= kills; done += 1) {
      // Sometimes while everything is still coming up, sometimes when it has settled.
      await delay(random.next() < 0.3 ? random.between(4_000, 8_000) : random.between(200, 2_500));
      const victim = random.pick(VICTIMS);
      await kill(victim);
      this.#kills[victim] = (this.#kills[victim] ?? 0) + 1;
      report(`kill ${done} of ${kills}: ${victim}; ${this.#wanted.size} instances wanted`);
    }
  }

  async #act(): Promise<void> {
    const { kube } = this.#options;
    const instances = [...this.#wanted.values()];
    const kind = instances.length === 0 ? 'create' : this.#random.pick(ACTIONS);
    const instance = instances.length === 0 ? undefined : this.#random.pick(instances);
    this.#actions[kind] = (this.#actions[kind] ?? 0) + 1;
    if (kind === 'create' || instance === undefined) {
      if (instances.length >= MOST_INSTANCES) return;
      await this.#createInstance();
    } else if (kind === 'bind') {
      if (instance.bindings.size < 3) await this.#bind(instance);
    } else if (kind === 'write') {
      await this.#write(instance);
    } else if (kind === 'update') {
      // Only upwards: a smaller plan may rightly be refused for what is already ordered.
      instance.plan = 'large';
      instance.storageGB += 1;
      await this.#untilAnswered(() =>
        kube.patch(
          SERVICE_INSTANCES,
          { namespace: NAMESPACE, name: instance.name },
          {
            type: 'merge',
            body: {
              spec: { clusterServicePlanExternalName: instance.plan, parameters: { storageGB: instance.storageGB } },
            },
          },
        ),
      );
    } else if (kind === 'unbind') {
      const [binding] = instance.bindings;
      if (binding !== undefined) await this.#unbind(instance, binding);
    } else {
      for (const binding of instance.bindings) await this.#unbind(instance, binding);
      this.#wanted.delete(instance.name);
      await this.#untilAnswered(() => kube.delete(SERVICE_INSTANCES, { namespace: NAMESPACE, name: instance.name }));
    }
  }

  async #createInstance(): Promise<void> {
    const instance: WantedInstance = {
      name: `db-${++this.#counter}`,
      className: this.#random.pick(this.#options.classes ?? CLASSES),
      plan: this.#random.pick(PLANS),
      storageGB: this.#random.between(1, 5),
      bindings: new Set(),
      rows: 0,
    };
    this.#wanted.set(instance.name, instance);
    const object: ServiceInstance = {
      metadata: { namespace: NAMESPACE, name: instance.name },
      spec: {
        clusterServiceClassExternalName: instance.className,
        clusterServicePlanExternalName: instance.plan,
        parameters: { storageGB: instance.storageGB },
      },
    };
    await this.#untilAnswered(() => create(this.#options.kube, SERVICE_INSTANCES, object));
    if (this.#random.next() < 0.7) await this.#bind(instance);
  }

  async #bind(instance: WantedInstance): Promise<void> {
    const name = `${instance.name}-b${++this.#counter}`;
    instance.bindings.add(name);
    const object: ServiceBinding = {
      metadata: { namespace: NAMESPACE, name },
      spec: { instanceRef: { name: instance.name }, secretName: name },
    };
    await this.#untilAnswered(() => create(this.#options.kube, SERVICE_BINDINGS, object));
  }

  async #unbind(instance: WantedInstance, binding: string): Promise<void> {
    instance.bindings.delete(binding);
    await this.#untilAnswered(() =>
      this.#options.kube.delete(SERVICE_BINDINGS, { namespace: NAMESPACE, name: binding }),
    );
  }

  /** Writes a row through a binding that happens to be ready; a row counts once its INSERT was acknowledged. */
  async #write(instance: WantedInstance): Promise<void> {
    const [binding] = instance.bindings;
    if (binding === undefined) return;
    const uri = await eventually('credentials', () => this.#uri(binding), { timeoutMs: 10_000 }).catch(() => undefined);
    if (uri === undefined) return;
    try {
      await runOn(uri, ['CREATE TABLE IF NOT EXISTS kept (id int)', 'INSERT INTO kept VALUES (1)']);
      instance.rows += 1;
    } catch {
      // Unbound under our hands; then the row was not acknowledged.
    }
  }

  async #uri(binding: string): Promise<string | undefined> {
    const secret = await this.#options.kube.get(SECRETS, { namespace: NAMESPACE, name: binding });
    const data = secret?.data?.['connectionString'];
    return data === undefined ? undefined : Buffer.from(data, 'base64').toString();
  }

  /** Repeats a user's request until the API server has answered it: it may be down just now. */
  async #untilAnswered(request: () => Promise<unknown>): Promise<void> {
    await eventually('the API server answers', async () => {
      await request();
      return true;
    });
  }

  async #converge(): Promise<void> {
    const { storeCensus } = this.#options;
    await eventually(
      'every wanted instance and binding is Ready, and no other is left',
      async () => (await this.#differences()).length === 0 && (await storeCensus()).unfinished === 0,
      { timeoutMs: 240_000, everyMs: 500, describe: () => this.#differences() },
    );
  }

  async #differences(): Promise<string[]> {
    const { kube } = this.#options;
    const [instances, bindings] = await Promise.all([
      kube.list(SERVICE_INSTANCES, { namespace: NAMESPACE }),
      kube.list(SERVICE_BINDINGS, { namespace: NAMESPACE }),
    ]);
    const faults: string[] = [];
    const wantedBindings = new Set([...this.#wanted.values()].flatMap((instance) => [...instance.bindings]));
    for (const { name, plan } of this.#wanted.values()) {
      const found = instances.items.find((item) => item.metadata.name === name);
      if (found === undefined) faults.push(`instance ${name} is lost`);
      else if (!isReady(found)) faults.push(`instance ${name} is not Ready: ${story(found)}`);
      else if (found.status?.externalProperties?.clusterServicePlanExternalName !== plan)
        faults.push(
          `instance ${name} has plan ${found.status?.externalProperties?.clusterServicePlanExternalName ?? 'none'}, wanted ${plan}`,
        );
    }
    for (const name of wantedBindings) {
      const found = bindings.items.find((item) => item.metadata.name === name);
      if (found === undefined) faults.push(`binding ${name} is lost`);
      else if (!isReady(found)) faults.push(`binding ${name} is not Ready: ${story(found)}`);
    }
    for (const item of instances.items)
      if (!this.#wanted.has(item.metadata.name ?? ''))
        faults.push(`instance ${item.metadata.name ?? ''} is left over: ${story(item)}`);
    for (const item of bindings.items)
      if (!wantedBindings.has(item.metadata.name ?? ''))
        faults.push(`binding ${item.metadata.name ?? ''} is left over: ${story(item)}`);
    return faults;
  }

  async #verdict(): Promise<KillReport> {
    const { kube, census, storeCensus, seed } = this.#options;
    const instances = [...this.#wanted.values()];
    const bindings = instances.flatMap((instance) => [...instance.bindings]);
    const faults: string[] = [];
    const count = (what: string, found: number, wanted: number): void => {
      if (found !== wanted) faults.push(`${what}: ${found} found, ${wanted} wanted`);
    };

    const servers = await census();
    count('databases', servers.databases.length, instances.length);
    count('logins', servers.logins.length, bindings.length);
    const owned = servers.roles.filter((role) => !servers.databases.some((database) => role.startsWith(database)));
    count('roles of no database', owned.length, 0);

    const store = await storeCensus();
    count('instances in the store', store.instances, instances.length);
    count('bindings in the store', store.bindings, bindings.length);
    count('unfinished operations', store.unfinished, 0);

    const secrets = await kube.list(SECRETS, { namespace: NAMESPACE });
    const names = secrets.items.map((secret) => secret.metadata.name ?? '').sort();
    if (JSON.stringify(names) !== JSON.stringify([...bindings].sort()))
      faults.push(`Secrets: ${names.join(' ')} found, ${[...bindings].sort().join(' ')} wanted`);

    let rowsAcknowledged = 0;
    let rowsFound = 0;
    for (const instance of instances) {
      for (const binding of instance.bindings) {
        const uri = await this.#uri(binding);
        if (uri === undefined) continue;
        // Each login works, and sees what was written through any other.
        const rows = await runOn(uri, instance.rows === 0 ? ['SELECT 0 AS n'] : ['SELECT count(*) AS n FROM kept']);
        if (rows < instance.rows)
          faults.push(`${binding} sees ${rows} rows of ${instance.name}, ${instance.rows} were acknowledged`);
        rowsFound += rows;
        rowsAcknowledged += instance.rows;
      }
    }
    return {
      seed,
      kills: this.#kills,
      actions: this.#actions,
      instances: instances.length,
      bindings: bindings.length,
      rowsAcknowledged,
      rowsFound,
      faults,
    };
  }
}

/** Runs the whole scenario; what it found is in the report's `faults`. */
export async function runKillScenario(options: KillScenarioOptions): Promise<KillReport> {
  return new Scenario(options).run();
}

/** Creates; that it is there already means that an earlier, unanswered request had reached the server. */
async function create<T extends KubeObject>(kube: KubeClient, resource: Resource<T>, object: T): Promise<void> {
  try {
    await kube.create(resource, object);
  } catch (thrown) {
    if (!isAlreadyExists(thrown)) throw thrown;
  }
}

type WithConditions = KubeObject & {
  status?: { conditions?: { type: string; status: string; reason?: string; message?: string }[] };
};

function isReady(
  object: WithConditions & {
    metadata: { generation?: number };
    status?: { observedGeneration?: number; reconciledGeneration?: number };
  },
): boolean {
  const ready = object.status?.conditions?.find((condition) => condition.type === 'Ready');
  return ready?.status === 'True' && object.metadata.deletionTimestamp === undefined;
}

const story = (object: WithConditions): string =>
  (object.status?.conditions ?? [])
    .map((one) => `${one.type}=${one.status} ${one.reason ?? ''}: ${one.message ?? ''}`)
    .join('; ');

/** Runs statements one after the other with a binding's connection string; column `n` of the last row, or 0. */
export async function runOn(uri: string, statements: readonly string[]): Promise<number> {
  if (uri.startsWith('postgres')) {
    let rows: { n?: string }[] = [];
    for (const statement of statements) rows = await queryPostgres<{ n?: string }>(uri, statement);
    return Number(rows.at(-1)?.n ?? 0);
  }
  const connection = await createConnection({ uri });
  try {
    let last = 0;
    for (const statement of statements) {
      const [rows] = await connection.query(statement);
      if (Array.isArray(rows)) last = (rows.at(-1) as { n?: number } | undefined)?.n ?? 0;
    }
    return last;
  } finally {
    await connection.end();
  }
}
