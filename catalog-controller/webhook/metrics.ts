import { Counter, Gauge, Histogram } from '../../lib/runtime/metrics.ts';
import type { Registry } from '../../lib/runtime/metrics.ts';
import type { Purpose } from './http/handler.ts';
import type { Review, ReviewResponse } from './review.ts';

/** The metrics of the webhook. */
export interface WebhookMetrics {
  /** Counts an answer. `seconds` is how long it took. */
  answered(purpose: Purpose, review: Review, response: ReviewResponse, seconds: number): void;
  /** The moment the certificate that is served ends, milliseconds since the epoch. */
  certificateEnds(at: number): void;
}

/** Registers them. Once a registry. */
export function createWebhookMetrics(registry: Registry): WebhookMetrics {
  const registers = [registry];
  const requests = new Counter({
    name: 'servicecatalog_admission_requests_total',
    help: 'Reviews by what was asked and how it was answered: allowed, or the HTTP code of the refusal.',
    labelNames: ['webhook', 'resource', 'operation', 'answer'],
    registers,
  });
  const duration = new Histogram({
    name: 'servicecatalog_admission_duration_seconds',
    help: 'Time until a review was answered, look-ups included.',
    labelNames: ['webhook'],
    buckets: [0.001, 0.005, 0.025, 0.1, 0.5, 2, 8],
    registers,
  });
  const certificate = new Gauge({
    name: 'servicecatalog_webhook_certificate_expiration_timestamp_seconds',
    help: 'When the certificate that is served ends, seconds since the epoch.',
    registers,
  });
  return {
    answered: (webhook, { subject }, { allowed, status }, seconds) => {
      const { resource, operation } =
        subject.kind === 'request'
          ? { resource: subject.request.resource.plural, operation: subject.request.operation }
          : // Whatever it is called: names that others choose would be labels without end.
            { resource: subject.kind, operation: '' };
      requests.inc({ webhook, resource, operation, answer: allowed ? 'allowed' : String(status?.code ?? 0) });
      duration.observe({ webhook }, seconds);
    },
    certificateEnds: (at) => {
      certificate.set(at / 1000);
    },
  };
}
