import express from 'express';
import type { Router } from 'express';
import type { Registry } from './metrics.ts';
import { toError } from './errors.ts';

/** Named checks; each resolves when its part is well and rejects with the reason when it is not. */
export type HealthChecks = Readonly<Record<string, () => Promise<void> | void>>;

/**
 * `/healthz` (the process answers), `/readyz` (every check passes; else 503 that names the failing ones) and
 * `/metrics` (Prometheus text). Mounted ahead of authentication, so it says nothing beyond that.
 */
export function healthRoutes(checks: HealthChecks, registry: Registry): Router {
  const router = express.Router();
  router.get('/healthz', (_request, response) => {
    response.type('text/plain').send('ok');
  });
  router.get('/readyz', async (_request, response) => {
    const failures: string[] = [];
    for (const [name, check] of Object.entries(checks)) {
      try {
        await check();
      } catch (thrown) {
        failures.push(`${name}: ${toError(thrown).message}`);
      }
    }
    response
      .status(failures.length === 0 ? 200 : 503)
      .type('text/plain')
      .send(failures.length === 0 ? 'ok' : failures.join('\n'));
  });
  router.get('/metrics', async (_request, response) => {
    response.type(registry.contentType).send(await registry.metrics());
  });
  return router;
}
