import type { AdmissionRequest } from '../../lib/catalog/admission.ts';
import type { Logger } from '../../lib/runtime/log.ts';
import { check, complete } from './admission.ts';
import type { Purpose, Reviewer } from './http/handler.ts';
import { MadeUpIds } from './made-up-ids.ts';
import { lookUpFor, lookUpToComplete } from './look-up.ts';
import type { LookUpSources } from './look-up.ts';
import type { WebhookMetrics } from './metrics.ts';
import { unknownVersion } from './responses.ts';
import type { Review, ReviewResponse } from './review.ts';

/** Answers reviews from these sources; counts them, and logs those that are refused without what was in the object. */
export function createReviewer(
  sources: LookUpSources,
  metrics: Pick<WebhookMetrics, 'answered'>,
  log: Logger,
): Reviewer {
  const ids = new MadeUpIds();
  return async (purpose, review, signal) => {
    const start = performance.now();
    const response = await answer(sources, ids, purpose, review, signal);
    metrics.answered(purpose, review, response, (performance.now() - start) / 1000);
    if (!response.allowed) logRefusal(purpose, review, response, log);
    return response;
  };
}

async function answer(
  sources: LookUpSources,
  ids: MadeUpIds,
  purpose: Purpose,
  { subject }: Review,
  signal: AbortSignal,
): Promise<ReviewResponse> {
  switch (subject.kind) {
    case 'none-of-ours':
      return {
        allowed: true,
        warnings: [`the Service Catalog webhook has no rules for ${subject.what}; its configuration need not send it`],
      };
    case 'unknown-version':
      return unknownVersion(subject.what);
    case 'request': {
      const { request } = subject;
      return purpose === 'mutate'
        ? complete(withNewId(request, ids), lookUpToComplete(sources, request, signal))
        : check(request, lookUpFor(sources, request, signal));
    }
  }
}

function withNewId(request: AdmissionRequest, ids: MadeUpIds): AdmissionRequest {
  return request.operation === 'CREATE' ? { ...request, newId: ids.for(request) } : request;
}

function logRefusal(purpose: Purpose, { uid, subject }: Review, { status }: ReviewResponse, log: Logger): void {
  const about =
    subject.kind === 'request'
      ? {
          resource: subject.request.resource.plural,
          namespace: subject.request.namespace,
          name: subject.request.name,
          operation: subject.request.operation,
          user: subject.request.user.username,
        }
      : { what: subject.what };
  const code = status?.code ?? 0;
  const level = code >= 500 ? 'warn' : 'info';
  // The message of a fault may quote a parameter; that of a look-up that failed is about the cluster.
  log[level]({ webhook: purpose, uid, ...about, code, ...(code >= 500 ? { why: status?.message } : {}) }, 'refused');
}
