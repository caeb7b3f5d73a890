import type { Logger } from '../../lib/runtime/log.ts';
import type { BrokerMetrics } from '../metrics.ts';
import type { Handler, RequestFacts } from './request-facts.ts';

/** Two ids of the greatest length fit, percent-encoding apart. */
const MAX_PATH = 600;

/** Counts every answer and logs it: path, status, time and who asked; never a body or a query. */
export function observe(metrics: BrokerMetrics, log: Logger): Handler {
  return (request, response, next) => {
    const begun = performance.now();
    response.once('close', () => {
      const seconds = (performance.now() - begun) / 1_000;
      // The pattern of the route and not the path: ids would give every instance a time series.
      const route = (request.route as { path: string } | undefined)?.path ?? 'none';
      const facts: Partial<RequestFacts> = response.locals;
      const { method } = request;
      metrics.requests.inc({ route, method, status: response.statusCode });
      metrics.requestSeconds.observe({ route, method }, seconds);
      log.info(
        {
          method,
          path: request.path.slice(0, MAX_PATH),
          status: response.statusCode,
          ms: Math.round(seconds * 1_000),
          platform: facts.platform,
          request: facts.requestIdentity,
        },
        'request',
      );
    });
    next();
  };
}
