import { spawn } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ComposeFile, ComposeService, Condition } from './compose-file.ts';
import type { UnpackedImage } from './image-root.ts';
import type { Container, Runc } from './runc.ts';
import type { Bind, ContainerSettings } from './spec.ts';
import type { StandIn } from './stand-in.ts';

/** What a service is while it runs, or when it has ended. */
export interface RunningService {
  output(): string;
  readonly exited: Promise<number>;
  /** Whether its health check passes. */
  healthy(): Promise<boolean>;
  /** Runs a command in its container; resolves with the exit code. */
  exec(args: readonly string[]): Promise<number>;
  kill(signal: 'TERM' | 'KILL'): Promise<void>;
  remove(): Promise<void>;
}

const HEALTH_INTERVAL_MS = 250;
/** Both PostgreSQL servers want port 5432 of the one network there is here. */
const STORE_ADDRESS = '127.0.1.1';
const STORE_PORT = 5433;

/**
 * Brings the services of a compose file up without a container engine: commands, users, capabilities, volumes, order
 * and health checks as they are written, in containers of runc from the image of this project, all in one network.
 * In the place of the official images of databases run the servers of the tests.
 */
export class Composition {
  readonly #file: ComposeFile;
  readonly #image: UnpackedImage;
  readonly #runc: Runc;
  readonly #folder: string;
  readonly #services = new Map<string, Promise<RunningService>>();
  readonly #others: Container[] = [];
  #network = '';

  constructor(file: ComposeFile, image: UnpackedImage, runc: Runc, folder: string) {
    this.#file = file;
    this.#image = image;
    this.#runc = runc;
    this.#folder = folder;
  }

  /** The folder of a named volume. */
  volume(name: string): string {
    return join(this.#folder, 'volumes', name);
  }

  /** Makes volumes and network. */
  async create(): Promise<void> {
    for (const name of Object.keys(this.#file.volumes)) await mkdir(this.volume(name), { recursive: true });
    const hosts = Object.keys(this.#file.services).map(
      (name) => `${name === 'store' ? STORE_ADDRESS : '127.0.0.1'} ${name}`,
    );
    await writeFile(this.#hostsFile, `127.0.0.1 localhost\n${hosts.join('\n')}\n`, { mode: 0o644 });
    const holder = await this.#runc.start({
      root: this.#image.root,
      args: ['node', '-e', 'setInterval(() => {}, 60_000)'],
      env: this.#image.config.Env,
      workingDirectory: '/',
      user: { uid: 65_532, gid: 65_532 },
    });
    this.#others.push(holder);
    this.#network = `/proc/${await waitFor('the network', () => holder.pid().catch(() => undefined))}/ns/net`;
  }

  /** Starts a service as soon as what it depends on is as far as it says; once, however often it is asked for. */
  service(name: string): Promise<RunningService> {
    const present = this.#services.get(name);
    if (present) return present;
    const started = this.#start(name);
    this.#services.set(name, started);
    return started;
  }

  /** Runs a service to its end, as `docker compose run --rm` does, with other arguments. */
  async run(name: string, args: readonly string[]): Promise<{ readonly code: number; readonly output: string }> {
    const container = await this.#runc.start(this.#settings({ ...this.#definition(name), command: args }));
    const code = await container.exited;
    await container.remove();
    return { code, output: container.output() };
  }

  /** Everything the services printed, for when something went wrong. */
  async logs(): Promise<string> {
    const parts = [...this.#services].map(async ([name, service]) =>
      service.then(
        (running) => `== ${name}\n${running.output()}`,
        (thrown: unknown) => `== ${name}\n${String(thrown)}`,
      ),
    );
    return (await Promise.all(parts)).join('\n');
  }

  /** Ends everything. */
  async down(): Promise<void> {
    const services = await Promise.allSettled(this.#services.values());
    for (const service of services) if (service.status === 'fulfilled') await service.value.remove();
    for (const container of this.#others) await container.remove();
  }

  async #start(name: string): Promise<RunningService> {
    const definition = this.#definition(name);
    const needs = Object.entries(definition.depends_on ?? {});
    await Promise.all(needs.map(([other, { condition }]) => this.#until(other, condition)));
    if (definition.image === this.#image.reference.replace('docker.io/library/', '')) {
      return this.#startContainer(definition);
    }
    return this.#startDatabase(name, definition);
  }

  async #until(name: string, condition: Condition): Promise<void> {
    const service = await this.service(name);
    if (condition === 'service_completed_successfully') {
      const code = await service.exited;
      if (code !== 0) throw new Error(`${name} ended with ${code}: ${service.output()}`);
    } else if (condition === 'service_healthy') {
      let ended: number | undefined;
      void service.exited.then((code) => (ended = code));
      await waitFor(`${name} to be healthy`, async () => {
        if (ended !== undefined) throw new Error(`${name} ended with ${ended}: ${service.output()}`);
        return (await service.healthy()) ? true : undefined;
      });
    }
  }

  async #startContainer(definition: ComposeService): Promise<RunningService> {
    const container = await this.#runc.start(this.#settings(definition));
    const [how, ...check] = definition.healthcheck?.test ?? [];
    return {
      output: () => container.output(),
      exited: container.exited,
      healthy: async () => how === 'CMD' && (await container.exec(check)) === 0,
      exec: (args) => container.exec(args),
      kill: (signal) => container.kill(signal),
      remove: () => container.remove(),
    };
  }

  #settings(definition: ComposeService): ContainerSettings {
    const [uid = 0, gid = 0] = (definition.user ?? this.#image.config.User).split(':').map(Number);
    const entrypoint = definition.entrypoint ?? this.#image.config.Entrypoint;
    const environment = Object.entries(definition.environment ?? {}).map(([key, value]) => `${key}=${value ?? ''}`);
    const isolated = definition.network_mode === 'none';
    return {
      root: this.#image.root,
      args: [...entrypoint, ...(definition.command ?? this.#image.config.Cmd)],
      env: [...this.#image.config.Env, ...environment],
      workingDirectory: this.#image.config.WorkingDir,
      user: { uid, gid },
      capabilities: (definition.cap_add ?? []).map((name) => `CAP_${name}`),
      binds: [
        { source: this.#hostsFile, target: '/etc/hosts', readOnly: true },
        ...(definition.volumes ?? []).map(({ type, source, target, read_only: readOnly = false }): Bind => ({
          source: type === 'volume' ? this.volume(source) : source,
          target,
          readOnly,
        })),
      ],
      temporary: (definition.tmpfs ?? []).map((entry) => entry.split(':')[0] ?? entry),
      ...(isolated ? {} : { network: this.#network }),
    };
  }

  async #startDatabase(name: string, definition: ComposeService): Promise<RunningService> {
    const engine = definition.image.startsWith('mysql:') ? 'mysql' : 'postgres';
    const secrets = definition.volumes?.find(({ target }) => target === '/secrets')?.source ?? '';
    const { POSTGRES_DB: database, POSTGRES_USER: login = '' } = definition.environment ?? {};
    const standIn: StandIn = {
      engine,
      dataDir: join(this.#folder, 'databases', name),
      port: engine === 'mysql' ? 3306 : database ? STORE_PORT : 5432,
      passwordFile: join(this.volume(secrets), `${name}.password`),
      ...(database
        ? { database: { name: database, login: login ?? '' }, at: { host: STORE_ADDRESS, port: 5432 } }
        : {}),
    };
    await mkdir(join(this.#folder, 'databases'), { recursive: true, mode: 0o700 });
    const program = join(import.meta.dirname, 'stand-in.ts');
    const node = [process.execPath, '--disable-warning=ExperimentalWarning', program, JSON.stringify(standIn)];
    const child = spawn('nsenter', [`--net=${this.#network}`, '--', ...node], { stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (chunk: string) => (output += chunk));
    }
    const exited = new Promise<number>((resolve) => {
      child.once('exit', (code) => {
        resolve(code ?? -1);
      });
    });
    return {
      output: () => output,
      exited,
      healthy: async () => /^ready$/m.test(output),
      exec: () => Promise.reject(new Error(`${name} is not in a container here`)),
      kill: async (signal) => {
        child.kill(`SIG${signal}`);
      },
      remove: async () => {
        child.kill('SIGTERM');
        await exited;
      },
    };
  }

  #definition(name: string): ComposeService {
    const definition = this.#file.services[name];
    if (!definition) throw new Error(`docker-compose.yml has no service ${name}`);
    return definition;
  }

  get #hostsFile(): string {
    return join(this.#folder, 'hosts');
  }
}

/** Waits until `look` finds something; throws after two minutes. */
async function waitFor<T>(what: string, look: () => Promise<T | undefined>): Promise<T> {
  const deadline = Date.now() + 120_000;
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    if (Date.now() > deadline) throw new Error(`waited too long for ${what}`);
    await sleep(HEALTH_INTERVAL_MS);
  }
}
