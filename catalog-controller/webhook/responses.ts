import type { Verdict } from '../../lib/catalog/admission.ts';
import type { LookUpError } from './look-up-error.ts';
import type { ReviewResponse } from './review.ts';

/** Answers to a review that are not "allowed": each is the `Status` the user gets to see. */

/** What the rules refuse, with a cause for each field that is at fault, as the API server itself answers. */
export function refused({ code, message, faults }: Verdict & { readonly allowed: false }): ReviewResponse {
  const causes = faults.map(({ field, message: why }) => ({ reason: 'FieldValueInvalid', field, message: why }));
  return {
    allowed: false,
    status: {
      status: 'Failure',
      code,
      reason: code === 422 ? 'Invalid' : 'Forbidden',
      message,
      ...(causes.length === 0 ? {} : { details: { causes } }),
    },
  };
}

/**
 * A review that could not be decided, for a look-up gave no answer. Never an "allowed": the object would be stored
 * without anybody having looked. Whoever sent it may try again.
 */
export function undecided({ message, permanent }: LookUpError): ReviewResponse {
  return {
    allowed: false,
    status: permanent
      ? { status: 'Failure', code: 500, reason: 'InternalError', message }
      : {
          status: 'Failure',
          code: 503,
          reason: 'ServiceUnavailable',
          message,
          // Clients of Kubernetes wait as long and send the request again.
          details: { retryAfterSeconds: 1 },
        },
  };
}

/** A version of our API that came with a newer installation than this program. */
export function unknownVersion(what: string): ReviewResponse {
  return {
    allowed: false,
    status: {
      status: 'Failure',
      code: 501,
      reason: 'NotImplemented',
      message: `this version of the Service Catalog webhook does not know ${what}; install webhook and CustomResourceDefinitions of one version`,
    },
  };
}
