import type { ServerConfig } from '../config/config.ts';
import type { Engine, EngineKind } from '../engine/engine.ts';
import { EngineError } from '../engine/engine.ts';
import type { Clock } from '../../lib/runtime/clock.ts';
import type { Logger } from '../../lib/runtime/log.ts';
import { chooseServer, servedVersions } from './placement.ts';
import { TenantServer } from './tenant-server.ts';

/** Makes the engine of a server. It connects when it is first used, never here. */
export type EngineFactory = (config: ServerConfig) => Engine;

/** The servers of the configuration. */
export class TenantServers {
  readonly #servers: readonly TenantServer[];

  constructor(configs: readonly ServerConfig[], createEngine: EngineFactory, clock: Clock, log: Logger) {
    this.#servers = configs.map((config) => new TenantServer(config, createEngine(config), clock, log));
  }

  get all(): readonly TenantServer[] {
    return this.#servers;
  }

  /** Values of `version`, the default first. */
  versions(engine: EngineKind): string[] {
    return servedVersions(
      this.#servers.map(({ config }) => config),
      engine,
    );
  }

  /** Name of the server for a new instance. */
  place(engine: EngineKind, version: string): string | undefined {
    return chooseServer(
      this.#servers.map(({ config }) => config),
      engine,
      version,
    )?.name;
  }

  find(name: string): TenantServer | undefined {
    return this.#servers.find(({ config }) => config.name === name);
  }

  /** @throws EngineError (retry) when the operator has taken the server out of the configuration. */
  get(name: string): TenantServer {
    const server = this.find(name);
    if (server !== undefined) return server;
    throw new EngineError(
      `server ${name} is not in the broker's configuration; its operator has to put it back`,
      'retry',
    );
  }

  async close(): Promise<void> {
    await Promise.allSettled(this.#servers.map(({ engine }) => engine.close()));
  }
}
