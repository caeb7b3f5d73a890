import type { Request, Response } from 'express';
import { OsbError } from '../../lib/osb/errors.ts';
import type { Validated } from '../../lib/osb/faults.ts';
import { formatFaults } from '../../lib/osb/faults.ts';
import { CONTEXT_HEADER, parseContext } from '../../lib/osb/headers.ts';
import { MAX_ID_LENGTH, MAX_OPERATION_LENGTH } from '../../lib/osb/limits.ts';
import type { Context } from '../../lib/osb/types.ts';
import { validateId } from '../../lib/osb/validate-request.ts';
import type { Caller } from '../operations/context.ts';
import type { DeletionRequest } from '../operations/deprovision.ts';
import { requestScope } from '../scope.ts';
import type { RequestFacts } from './request-facts.ts';

type CallRequest = Request<Record<string, string>, unknown, unknown, Record<string, unknown>, RequestFacts>;

/** A request as the route table reads it: every reader validates, and throws BadRequest with all faults. */
export class Call {
  readonly #request: CallRequest;
  readonly #facts: RequestFacts;
  readonly #signal: AbortSignal;

  constructor(request: CallRequest, response: Response<unknown, RequestFacts>) {
    this.#request = request;
    this.#facts = response.locals;
    const hungUp = new AbortController();
    response.once('close', () => {
      if (!response.writableFinished) hungUp.abort();
    });
    this.#signal = hungUp.signal;
  }

  get instanceId(): string {
    return valid(validateId(this.#request.params['instance_id'] ?? '', 'instance_id'), '');
  }

  get bindingId(): string {
    return valid(validateId(this.#request.params['binding_id'] ?? '', 'binding_id'), '');
  }

  /** The body by one of lib/osb's validators. */
  body<T>(validator: (body: unknown) => Validated<T>): T {
    return valid(validator(this.#request.body), 'The body is not valid: ');
  }

  /** `service_id` and `plan_id`, which a deletion must have. */
  get deletion(): DeletionRequest {
    return { service_id: this.#requiredQuery('service_id'), plan_id: this.#requiredQuery('plan_id') };
  }

  get operation(): string | undefined {
    return this.#query('operation', MAX_OPERATION_LENGTH);
  }

  /** Who asks and how; `context` is the body's, where the request has a body. */
  caller(context?: Context): Caller {
    const { platform, originatingIdentity, requestIdentity } = this.#facts;
    return {
      scope: requestScope(platform, context ?? parseContext(this.#request.get(CONTEXT_HEADER))),
      acceptsIncomplete: this.#acceptsIncomplete(),
      originatingIdentity,
      requestIdentity,
      signal: this.#signal,
    };
  }

  #acceptsIncomplete(): boolean {
    const value = this.#query('accepts_incomplete', MAX_ID_LENGTH) ?? 'false';
    if (value === 'true' || value === 'false') return value === 'true';
    throw new OsbError('BadRequest', 'accepts_incomplete must be true or false.');
  }

  #requiredQuery(name: string): string {
    const value = this.#query(name, MAX_ID_LENGTH);
    if (value !== undefined) return value;
    throw new OsbError('BadRequest', `${name} is required in the query of a deletion.`);
  }

  #query(name: string, maximum: number): string | undefined {
    const value = this.#request.query[name];
    if (value === undefined) return undefined;
    if (typeof value !== 'string' || value === '' || value.length > maximum) {
      throw new OsbError('BadRequest', `${name} must be given once, with 1 to ${maximum} characters.`);
    }
    return value;
  }
}

function valid<T>(validated: Validated<T>, prefix: string): T {
  if (validated.ok) return validated.value;
  throw new OsbError('BadRequest', `${prefix}${formatFaults(validated.faults)}.`);
}
