import type { Logger } from '../lib/runtime/log.ts';
import type { ServerConfig } from './config/config.ts';
import type { EngineConfig } from './engine/config.ts';
import { createMysqlEngine } from './engine/mysql/engine.ts';
import { createPostgresEngine } from './engine/postgres/engine.ts';
import type { EngineFactory } from './servers/tenant-servers.ts';

/** The engines of this product; the only place that knows which there are. */
export function engineFactory(log: Logger, operationsPerServer: number): EngineFactory {
  return (server: ServerConfig) => {
    const config: EngineConfig = {
      name: server.name,
      admin: server.admin,
      advertisedTls: server.advertise.tls !== undefined,
      log: log.child({ server: server.name }),
      maxConnections: operationsPerServer,
    };
    switch (server.engine) {
      case 'postgresql':
        return createPostgresEngine(config);
      case 'mysql':
        return createMysqlEngine(config);
    }
  };
}
