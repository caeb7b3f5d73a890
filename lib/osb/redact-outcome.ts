import type { ErrorAnswer, Outcome } from './outcome.ts';

/** The outcome with every text that may be shown to somebody passed through `redact`. Bodies of successes stay. */
export function redactOutcome<T>(outcome: Outcome<T>, redact: (text: string) => string): Outcome<T> {
  switch (outcome.kind) {
    case 'success':
    case 'accepted':
      return outcome;
    case 'rejected':
    case 'failed':
      return { ...outcome, ...redactAnswer(outcome, redact) };
    case 'timed-out':
    case 'unreachable':
    case 'nonsense':
      return { ...outcome, message: redact(outcome.message) };
  }
}

function redactAnswer(answer: ErrorAnswer, redact: (text: string) => string): ErrorAnswer {
  const texts = {
    ...(answer.error === undefined ? {} : { error: redact(answer.error) }),
    ...(answer.description === undefined ? {} : { description: redact(answer.description) }),
  };
  return { ...answer, ...texts, ...(answer.body === undefined ? {} : { body: { ...answer.body, ...texts } }) };
}
