import type { Outcome } from '../../lib/osb/outcome.ts';

/** An outcome that is neither success nor acceptance. */
export type FailedOutcome = Exclude<Outcome<never>, { kind: 'success' | 'accepted' }>;

/** A call that did not succeed, reduced to what decisions turn on. */
export interface Failure {
  /** `none`: the broker has certainly not acted on this call. `unknown`: it may have. */
  readonly effect: 'none' | 'unknown';
  /** HTTP status, when there was an answer. */
  readonly status: number | undefined;
  /** The OSB error code, such as `ConcurrencyError`. */
  readonly code: string | undefined;
  /** The broker asked not to be called again before this, milliseconds. */
  readonly notBeforeMs: number;
  /** What happened, for people; bounded, one line. */
  readonly message: string;
  readonly updateRepeatable: boolean;
}

/**
 * The broker does not know the class or plan that its catalog has here: its configuration or the catalog has changed,
 * and one of the next readings of the catalog, or the broker's next restart, puts that right.
 */
const CATALOG_DIFFERS: ReadonlySet<string | undefined> = new Set(['UnknownService', 'UnknownPlan']);

const LONGEST_MESSAGE = 1_000;

/** What a failed outcome means. The texts of an HTTP error keep the form that users of Service Catalog know. */
export function failureOf(outcome: FailedOutcome): Failure {
  const answer =
    outcome.kind === 'rejected' || outcome.kind === 'failed'
      ? {
          status: outcome.status,
          code: outcome.error,
          notBeforeMs: (outcome.retryAfterSeconds ?? 0) * 1000,
          updateRepeatable: outcome.body?.['update_repeatable'] !== false,
        }
      : {
          status: outcome.kind === 'nonsense' ? outcome.status : undefined,
          code: undefined,
          notBeforeMs: 0,
          updateRepeatable: true,
        };
  return {
    ...answer,
    effect: effectOf(outcome),
    message: withoutFullStop(bounded(textOf(outcome))),
  };
}

/** Whether the same request will always be refused, so that it is not sent again until the spec changes. */
export function isRefused({ status, code }: Pick<Failure, 'status' | 'code'>): boolean {
  return status === 400 && !CATALOG_DIFFERS.has(code);
}

function effectOf(outcome: FailedOutcome): Failure['effect'] {
  switch (outcome.kind) {
    case 'rejected':
    case 'unreachable':
      return 'none';
    case 'failed':
    case 'timed-out':
      return 'unknown';
    case 'nonsense':
      // A redirect comes instead of the work; it is not followed.
      return outcome.status !== undefined && outcome.status >= 300 && outcome.status < 400 ? 'none' : 'unknown';
  }
}

function textOf(outcome: FailedOutcome): string {
  switch (outcome.kind) {
    case 'rejected':
    case 'failed':
      return [
        `Status: ${outcome.status}`,
        ...(outcome.error === undefined ? [] : [`ErrorMessage: ${outcome.error}`]),
        ...(outcome.description === undefined ? [] : [`Description: ${outcome.description}`]),
      ].join('; ');
    case 'timed-out':
    case 'unreachable':
    case 'nonsense':
      return outcome.message;
  }
}

/** The message becomes part of a sentence, which ends in its own way. */
function withoutFullStop(text: string): string {
  return text.replace(/(?<!\.)\.$/, '');
}

/** One line of at most {@link LONGEST_MESSAGE} characters: brokers may write at any length. */
export function bounded(text: string): string {
  const line = text.replace(/\s+/g, ' ').trim();
  return line.length <= LONGEST_MESSAGE ? line : `${line.slice(0, LONGEST_MESSAGE - 1)}…`;
}
