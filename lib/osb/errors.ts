import type { OsbErrorBody } from './types.ts';

/** One way a request to a broker can fail. */
export interface OsbErrorKind {
  /** HTTP status, as spec.md wants it for this failure. */
  readonly status: number;
  /** When it happens and what to do, for docs/errors.md. */
  readonly meaning: string;
  /** Sent with an empty object, as spec.md asks. */
  readonly emptyBody?: true;
}

/**
 * Every error a broker answers with. The key is what the response carries as `error`: the first four are the
 * specification's own (spec.md "Error Codes"), the others ours. docs/errors.md lists exactly these.
 */
export const OSB_ERRORS = {
  AsyncRequired: {
    status: 422,
    meaning: 'The operation takes longer than a request; send it with accepts_incomplete=true.',
  },
  ConcurrencyError: {
    status: 422,
    meaning: 'Another operation on the same instance or binding is still running; wait until it has ended.',
  },
  RequiresApp: {
    status: 422,
    meaning: 'The request has no app_guid and the plan needs one; add it to bind_resource.',
  },
  MaintenanceInfoConflict: {
    status: 422,
    meaning: 'maintenance_info.version is not the one in the catalog; fetch the catalog again.',
  },
  PlanChangeNotSupported: {
    status: 422,
    meaning: 'The instance cannot be moved to the plan asked for; nothing was changed.',
  },
  BadRequest: {
    status: 400,
    meaning:
      'The request is malformed: not JSON, a field missing or of the wrong type, a bad id. The description names it.',
  },
  InvalidParameters: {
    status: 400,
    meaning: 'The parameters are not what the plan accepts; the description lists every one that is wrong.',
  },
  UnknownService: { status: 400, meaning: 'service_id is not in the catalog; fetch the catalog again.' },
  UnknownPlan: { status: 400, meaning: 'plan_id is not a plan of that service; fetch the catalog again.' },
  NotBindable: { status: 400, meaning: 'Instances of this plan cannot be bound.' },
  UnsupportedMediaType: { status: 400, meaning: 'The body is not application/json in UTF-8; set Content-Type.' },
  Unauthorized: { status: 401, meaning: 'The user name or password is missing or wrong.' },
  NotFound: { status: 404, meaning: 'There is no such instance or binding, or no such path.' },
  MethodNotAllowed: { status: 405, meaning: 'The path exists, but not with this HTTP method.' },
  Conflict: {
    status: 409,
    meaning:
      'An instance or binding with this id exists already, with other attributes or another owner; choose a new id.',
  },
  Gone: { status: 410, meaning: 'The instance or binding to be deleted does not exist any more.', emptyBody: true },
  ApiVersionNotSupported: {
    status: 412,
    meaning: 'X-Broker-API-Version is missing or not 2.13 or a later 2.x.',
  },
  PayloadTooLarge: { status: 413, meaning: 'The body is larger than the broker accepts.' },
  TooManyRequests: { status: 429, meaning: 'Too many requests at once; come back after Retry-After seconds.' },
  InternalError: {
    status: 500,
    meaning: "The broker failed in a way it did not foresee; its log has the cause under the request's identity.",
  },
  Unavailable: {
    status: 503,
    meaning: 'A server the broker needs cannot be reached or is full; try again after Retry-After seconds.',
  },
} as const satisfies Record<string, OsbErrorKind>;

export type OsbErrorCode = keyof typeof OSB_ERRORS;

export interface OsbErrorOptions {
  readonly cause?: unknown;
  /** Sent as `Retry-After`. */
  readonly retryAfterSeconds?: number;
  /** After a failed update: whether the instance still works, and whether the same update may be sent again. */
  readonly instanceUsable?: boolean;
  readonly updateRepeatable?: boolean;
}

/**
 * A failure with its meaning in the protocol. Whoever handles a request throws it; one place turns it into an answer,
 * so that no handler chooses a status. `description` is shown to users: it says what to do and carries no credential.
 */
export class OsbError extends Error {
  override readonly name = 'OsbError';
  readonly error: OsbErrorCode;
  readonly description: string;
  readonly retryAfterSeconds: number | undefined;
  readonly #options: OsbErrorOptions;

  constructor(error: OsbErrorCode, description: string, options: OsbErrorOptions = {}) {
    super(description, options.cause === undefined ? undefined : { cause: options.cause });
    this.error = error;
    this.description = description;
    this.retryAfterSeconds = options.retryAfterSeconds;
    this.#options = options;
  }

  get status(): number {
    return OSB_ERRORS[this.error].status;
  }

  /** The body of the answer. */
  toBody(): OsbErrorBody {
    const kind: OsbErrorKind = OSB_ERRORS[this.error];
    if (kind.emptyBody) return {};
    const { instanceUsable, updateRepeatable } = this.#options;
    return {
      error: this.error,
      description: this.description,
      ...(instanceUsable === undefined ? {} : { instance_usable: instanceUsable }),
      ...(updateRepeatable === undefined ? {} : { update_repeatable: updateRepeatable }),
    };
  }
}
