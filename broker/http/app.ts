import express from 'express';
import type { Express } from 'express';
import { OsbError } from '../../lib/osb/errors.ts';
import { healthRoutes } from '../../lib/runtime/health.ts';
import type { HealthChecks } from '../../lib/runtime/health.ts';
import type { Logger } from '../../lib/runtime/log.ts';
import type { Registry } from '../../lib/runtime/metrics.ts';
import type { PlatformUser } from '../config/config.ts';
import type { BrokerMetrics } from '../metrics.ts';
import type { OperationContext } from '../operations/context.ts';
import { Call } from './call.ts';
import { errorResponse } from './error-response.ts';
import {
  authenticate,
  jsonBody,
  limitConcurrency,
  readOriginatingIdentity,
  requestIdentity,
  requireApiVersion,
  requireStore,
} from './middleware.ts';
import type { Handler } from './request-facts.ts';
import { observe } from './observe.ts';
import { ROUTES } from './routes.ts';
import type { Route } from './routes.ts';

export interface AppContext {
  readonly operations: OperationContext;
  readonly users: readonly PlatformUser[];
  readonly metrics: BrokerMetrics;
  readonly registry: Registry;
  readonly healthChecks: HealthChecks;
  /** Whether the store has been opened. */
  readonly isStoreOpen: () => boolean;
  readonly log: Logger;
}

/** The broker's HTTP application, without listening. */
export function createApp(context: AppContext): Express {
  const { limits } = context.operations;
  const app = express();
  app.disable('x-powered-by');
  // Only the catalog has an entity tag, its own; a hash of credentials has no place in a header.
  app.disable('etag');
  app.set('query parser', 'simple');

  app.use(healthRoutes(context.healthChecks, context.registry));
  app.use(requestIdentity);
  app.use(observe(context.metrics, context.log));
  app.use(limitConcurrency(limits.concurrentRequests));
  app.use(authenticate(context.users));
  app.use(requireApiVersion);
  app.use(readOriginatingIdentity);
  app.use(requireStore(context.isStoreOpen));
  const body = jsonBody(limits.requestBytes);
  for (const route of ROUTES) app[route.method](route.path, ...(hasBody(route) ? body : []), handler(context, route));
  for (const path of new Set(ROUTES.map((route) => route.path))) app.all(path, methodNotAllowed(path));
  app.use(() => {
    throw new OsbError('NotFound', 'There is no such path in the Open Service Broker API.');
  });
  app.use(errorResponse(context.log));
  return app;
}

const hasBody = ({ method }: Route): boolean => method === 'put' || method === 'patch';

function handler({ operations }: AppContext, route: Route): Handler {
  return async (request, response) => {
    const answer = await route.answer(operations, new Call(request, response));
    if (answer.retryAfterSeconds !== undefined) response.set('Retry-After', String(answer.retryAfterSeconds));
    if (answer.etag === undefined) response.set('Cache-Control', 'no-store');
    else response.set('ETag', answer.etag);
    response.status(answer.status).json(answer.body);
  };
}

function methodNotAllowed(path: string): Handler {
  const methods = ROUTES.filter((route) => route.path === path).map(({ method }) => method.toUpperCase());
  return (_request, response) => {
    response.set('Allow', methods.join(', '));
    throw new OsbError('MethodNotAllowed', `This path has ${methods.join(', ')} only.`);
  };
}
