import { join } from 'node:path';
import { loadConnection } from '../lib/kube/connection.ts';
import { toError, UsageError } from '../lib/runtime/errors.ts';
import { ensureCertificates, writeTrustedAuthorities } from './certificates.ts';
import type { Certificates } from './certificates.ts';
import { startMysql, startPostgres, startStore } from './database-servers.ts';
import type { ServerContext } from './database-servers.ts';
import { describeServers, EndpointsFile } from './endpoints.ts';
import type { Endpoints } from './endpoints.ts';
import { openHome } from './home/home.ts';
import type { Home } from './home/home.ts';
import { ensureSecretFile, generatePassword, readJson, writePrivateFile } from './home/private-files.ts';
import { nextSteps } from './next-steps.ts';
import { choosePorts } from './ports.ts';
import type { Ports } from './ports.ts';
import { lockHolder, takeLock } from './processes/file-lock.ts';
import { freePort, isFree } from './processes/free-port.ts';
import { ProcessFiles } from './processes/process-files.ts';
import type { ProgramContext, StartProgram } from './programs.ts';
import type { Progress } from './progress.ts';
import { runQuickstart } from './quickstart/quickstart.ts';
import type { Environment, Settings } from './settings.ts';
import { startApi, withKube } from './start-api.ts';
import { startBroker } from './start-broker.ts';
import { Supervisor } from './supervisor.ts';

/**
 * In this order things stop: who asks before who answers. Orders that are under way are finished by the next start.
 */
const STOP_ORDER = [['catalog-controller'], ['broker'], ['catalog-apiserver'], ['store', 'postgresql', 'mysql']];

const PLATFORM_USER = 'service-catalog';
/** Bindings of the quickstart that want MySQL. */
const MYSQL_BINDINGS = ['my-db-binding'];

export interface StackOptions {
  readonly settings: Settings;
  readonly environment: Environment;
  readonly checkout: string;
  readonly progress: Progress;
}

/** The whole product on one machine. `start` once, then `stop`, which may also interrupt the start. */
export class Stack {
  readonly #options: StackOptions;
  readonly #abort = new AbortController();
  readonly #releases: (() => Promise<void> | void)[] = [];
  #supervisor: Supervisor | undefined;
  #endpoints: EndpointsFile | undefined;
  #starting: Promise<void> = Promise.resolve();
  #stopping: Promise<void> | undefined;
  /** What failed first; the parts that are ended because of it fail too, and say nothing of use. */
  #failure: Error | undefined;

  constructor(options: StackOptions) {
    this.#options = options;
  }

  /** Resolves when everything is ready. Throws one sentence (the message) when a part cannot start. */
  start(): Promise<void> {
    const starting = this.#start();
    this.#starting = starting.catch(() => undefined);
    return starting;
  }

  /** Ends every process, those of an unfinished start too. Calling it again waits for the same end. */
  stop(): Promise<void> {
    this.#stopping ??= this.#stop();
    return this.#stopping;
  }

  async #stop(): Promise<void> {
    this.#abort.abort(new Error('the stack is being stopped'));
    await this.#tell({ ready: false });
    await this.#supervisor?.stop(STOP_ORDER);
    await this.#starting;
    // What was begun while the first round of stops was under way.
    await this.#supervisor?.stop(STOP_ORDER);
    await this.#tell({ ready: false, processes: [] });
    for (const release of this.#releases.reverse()) await release();
  }

  async #start(): Promise<void> {
    const { settings, progress } = this.#options;
    const { signal } = this.#abort;
    const home = await openHome(settings.home);
    await this.#takeHome(home);
    const files = new ProcessFiles(home.processes);
    const leftovers = await files.endLeftovers(STOP_ORDER.flat());
    if (leftovers.length > 0) {
      progress.line(`Ended what an earlier run left: ${leftovers.map(({ name }) => name).join(', ')}.`);
    }
    const ports = await this.#choosePorts(home);
    const certificates = await ensureCertificates(home);
    const authority = certificates.authority.certificate;
    await writeTrustedAuthorities(home, authority, this.#options.environment['NODE_EXTRA_CA_CERTS']);
    const supervisor = this.#supervise(home, files);
    const endpoints = await this.#openEndpoints(home, ports, certificates);

    const servers: ServerContext = {
      home,
      ports,
      settings,
      progress,
      signal,
      supervise: (spec) => supervisor.start(spec),
    };
    const context: ProgramContext = { ...this.#options, home, ports, certificates };
    const start: StartProgram = async (spec, doneText) => {
      progress.part(spec.name, 'working', 'starting');
      await supervisor.start(spec);
      progress.part(spec.name, 'done', doneText);
    };
    const api = { context, start, progress, signal };
    // The broker wants the servers, the controllers want the API; neither of the two waits for the other.
    const [mysql, kubeconfig] = await this.#together(
      this.#startBroker(servers, context, start),
      startApi(settings, api),
    );
    const bindings = await this.#quickstart(home, kubeconfig, certificates, endpoints, mysql);
    await endpoints.update({ ready: true });
    progress.end();
    const ours = settings.kubeconfig === undefined && home.root === join(this.#options.checkout, '.local');
    progress.line(nextSteps({ kubeconfig, kubeconfigIsDefault: ours, bindings }));
    progress.line(`ready, ${endpoints.current.apiserver.url}`);
  }

  /** A full disk must neither end the stack nor keep it from stopping over a file that is there for information. */
  async #tell(change: Partial<Endpoints>): Promise<void> {
    await this.#endpoints?.update(change).catch(() => undefined);
  }

  /** One stack to a folder: the second start says who has it. */
  async #takeHome(home: Home): Promise<void> {
    const holder = await lockHolder(home.lock);
    if (holder) {
      throw new UsageError(
        `Service Catalog runs from ${home.root} already (process ${holder.pid}). ` +
          'Stop that one first, or set SERVICE_CATALOG_HOME to another folder to run a second one beside it.',
      );
    }
    this.#releases.push(await takeLock(home.lock, { what: 'another start', timeoutMs: 2_000 }));
  }

  async #choosePorts(home: Home): Promise<Ports> {
    const { settings, progress } = this.#options;
    const remembered = (await readJson<Partial<Ports>>(home.ports)) ?? {};
    const fixed = { apiserver: settings.apiserverPort, broker: settings.brokerPort };
    const { ports, moved } = await choosePorts(fixed, remembered, { find: freePort, isFree });
    await writePrivateFile(home.ports, `${JSON.stringify(ports, undefined, 2)}\n`);
    for (const listener of moved) {
      progress.line(`Another program has the port of ${listener}; it moves to ${ports[listener]}.`);
    }
    return ports;
  }

  #supervise(home: Home, files: ProcessFiles): Supervisor {
    const { progress } = this.#options;
    this.#supervisor = new Supervisor(files, {
      running: (processes) => {
        void this.#tell({ processes });
      },
      restarted: (name, reason) => {
        progress.line(`${name} is started again: ${reason}. Its log is ${home.log(name)}.`);
      },
    });
    return this.#supervisor;
  }

  async #openEndpoints(home: Home, ports: Ports, certificates: Certificates): Promise<EndpointsFile> {
    const { settings } = this.#options;
    const kubeconfig = settings.kubeconfig ?? home.kubeconfig;
    const url =
      settings.kubeconfig === undefined
        ? `https://127.0.0.1:${ports.apiserver}`
        : loadConnection({ kubeconfig: settings.kubeconfig }).server.href.replace(/\/$/, '');
    this.#endpoints = new EndpointsFile(home.endpoints, {
      ready: false,
      broker: {
        url: `https://127.0.0.1:${ports.broker}`,
        username: PLATFORM_USER,
        password: await ensureSecretFile(home.secret('broker.password'), generatePassword),
        caFile: certificates.authority.certificateFile,
      },
      apiserver: { url, kubeconfig },
      servers: [],
      processes: [],
    });
    await this.#endpoints.update({});
    return this.#endpoints;
  }

  /** The database servers and the broker in front of them. Resolves with whether MySQL is among them. */
  async #startBroker(servers: ServerContext, context: ProgramContext, start: StartProgram): Promise<boolean> {
    const [store, postgres, mysql] = await this.#together(
      startStore(servers),
      startPostgres(servers),
      startMysql(servers),
    );
    const tenants = mysql ? [postgres, mysql] : [postgres];
    await this.#endpoints?.update({ servers: describeServers(store, tenants) });
    const { advertiseHost } = this.#options.settings;
    await startBroker({ context, start, username: PLATFORM_USER, store, tenants, advertiseHost });
    return mysql !== undefined;
  }

  async #quickstart(
    home: Home,
    kubeconfig: string,
    certificates: Certificates,
    endpoints: EndpointsFile,
    mysql: boolean,
  ): Promise<readonly string[]> {
    const { settings, progress, checkout } = this.#options;
    const { username, password } = endpoints.current.broker;
    return withKube(kubeconfig, (kube) =>
      runQuickstart({
        kube,
        home,
        manifestFile: settings.empty ? undefined : join(checkout, 'examples', 'quickstart.yaml'),
        access: { username, password, authority: certificates.authority.certificate },
        impossible: mysql ? [] : MYSQL_BINDINGS,
        progress,
        signal: this.#abort.signal,
      }),
    );
  }

  /** Like Promise.all, but the first failure ends the others, and all have ended when it is thrown. */
  async #together<T extends readonly unknown[]>(
    ...tasks: { readonly [K in keyof T]: Promise<T[K]> }
  ): Promise<{ -readonly [K in keyof T]: T[K] }> {
    try {
      return await Promise.all(tasks);
    } catch (thrown) {
      this.#failure ??= toError(thrown);
      this.#abort.abort(this.#failure);
      await this.#supervisor?.stop(STOP_ORDER);
      await Promise.allSettled(tasks);
      throw this.#failure;
    }
  }
}
