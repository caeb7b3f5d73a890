import express from 'express';
import { healthRoutes } from '../../lib/runtime/health.ts';
import type { HealthChecks } from '../../lib/runtime/health.ts';
import { listen } from '../../lib/runtime/http-server.ts';
import type { ListeningServer } from '../../lib/runtime/http-server.ts';
import type { Registry } from '../../lib/runtime/metrics.ts';

/** Serves `/healthz`, `/readyz` and `/metrics`. */
export function startHealthServer(
  checks: HealthChecks,
  registry: Registry,
  address: { readonly host: string; readonly port: number },
): Promise<ListeningServer> {
  const app = express();
  app.disable('x-powered-by');
  app.use(healthRoutes(checks, registry));
  return listen(app, address);
}
