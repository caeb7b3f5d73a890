import type { Resource } from '../lib/kube/objects.ts';

/** One fault of an object, as clients show it. */
export interface Cause {
  /** `FieldValueRequired`, `FieldValueInvalid` … */
  readonly reason: string;
  /** Such as `spec.parametersFrom[0].secretKeyRef.name`. */
  readonly field: string;
  /** What is wrong, without the field. */
  readonly message: string;
}

/** What the fault is about. */
export interface StatusDetails {
  readonly name?: string;
  readonly group?: string;
  readonly kind?: string;
  readonly uid?: string;
  readonly causes?: readonly Cause[];
  readonly retryAfterSeconds?: number;
}

/** `metav1.Status`: how the Kubernetes API answers when there is no object to answer with. */
export interface Status {
  readonly kind: 'Status';
  readonly apiVersion: 'v1';
  readonly metadata: object;
  readonly status: 'Success' | 'Failure';
  readonly message?: string;
  readonly reason?: string;
  readonly details?: StatusDetails;
  readonly code: number;
}

/** A request that is refused, with the words and the code Kubernetes has for it. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly code: number;
  readonly reason: string;
  readonly details: StatusDetails | undefined;

  constructor(code: number, reason: string, message: string, details?: StatusDetails) {
    super(message);
    this.code = code;
    this.reason = reason;
    this.details = details;
  }

  toStatus(): Status {
    return {
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      message: this.message,
      reason: this.reason,
      ...(this.details ? { details: this.details } : {}),
      code: this.code,
    };
  }
}

type Named = Pick<Resource, 'group' | 'plural'>;

/** `serviceinstances.servicecatalog.k8s.io`, or `secrets` for the core group. */
export function qualifiedName(resource: Named): string {
  return resource.group === '' ? resource.plural : `${resource.plural}.${resource.group}`;
}

/** Details that name an object. Kubernetes puts the plural into `kind` here. */
export function detailsOf(resource: Named, name: string, rest: Partial<StatusDetails> = {}): StatusDetails {
  return {
    ...(name === '' ? {} : { name }),
    ...(resource.group === '' ? {} : { group: resource.group }),
    kind: resource.plural,
    ...rest,
  };
}

export function badRequest(message: string): ApiError {
  return new ApiError(400, 'BadRequest', message);
}

export function unauthorized(): ApiError {
  return new ApiError(401, 'Unauthorized', 'Unauthorized');
}

export function forbidden(resource: Named, name: string, why: string, causes?: readonly Cause[]): ApiError {
  const what = name === '' ? qualifiedName(resource) : `${qualifiedName(resource)} "${name}"`;
  return new ApiError(
    403,
    'Forbidden',
    `${what} is forbidden: ${why}`,
    detailsOf(resource, name, causes === undefined || causes.length === 0 ? {} : { causes }),
  );
}

export function notFound(resource: Named, name: string): ApiError {
  return new ApiError(404, 'NotFound', `${qualifiedName(resource)} "${name}" not found`, detailsOf(resource, name));
}

/** A path that means nothing to this server. */
export function unknownPath(): ApiError {
  return new ApiError(404, 'NotFound', 'the server could not find the requested resource');
}

/** A method that means nothing on this path. */
export function methodNotAllowed(method: string): ApiError {
  return new ApiError(
    405,
    'MethodNotAllowed',
    `the server does not allow the method ${method} on the requested resource`,
  );
}

/** A verb the kind does not have; `why` when there is more to say. */
export function methodNotSupported(resource: Named, verb: string, why?: string): ApiError {
  const refusal = `${verb} is not supported on resources of kind "${qualifiedName(resource)}"`;
  const message = why === undefined ? refusal : `${refusal}: ${why}`;
  return new ApiError(405, 'MethodNotAllowed', message, detailsOf(resource, ''));
}

export function alreadyExists(resource: Named, name: string): ApiError {
  const message = `${qualifiedName(resource)} "${name}" already exists`;
  return new ApiError(409, 'AlreadyExists', message, detailsOf(resource, name));
}

export function conflict(resource: Named, name: string, why: string): ApiError {
  const message = `Operation cannot be fulfilled on ${qualifiedName(resource)} "${name}": ${why}`;
  return new ApiError(409, 'Conflict', message, detailsOf(resource, name));
}

/** The object changed between the reader's look and its write. */
export function staleWrite(resource: Named, name: string): ApiError {
  const why = 'the object has been modified; please apply your changes to the latest version and try again';
  return conflict(resource, name, why);
}

export function expired(message: string): ApiError {
  return new ApiError(410, 'Expired', message);
}

export function tooLarge(message: string): ApiError {
  return new ApiError(413, 'RequestEntityTooLarge', message);
}

export function unsupportedMediaType(message: string): ApiError {
  return new ApiError(415, 'UnsupportedMediaType', message);
}

/** The object breaks rules; every broken rule is a cause. */
export function invalid(resource: Resource, name: string, causes: readonly Cause[]): ApiError {
  const kind = resource.group === '' ? resource.kind : `${resource.kind}.${resource.group}`;
  const texts = causes.map((cause) => `${cause.field}: ${cause.message}`);
  const list = texts.length === 1 ? (texts[0] ?? '') : `[${texts.join(', ')}]`;
  return new ApiError(422, 'Invalid', `${kind} "${name}" is invalid: ${list}`, {
    ...detailsOf(resource, name, { causes }),
    kind: resource.kind,
  });
}

/** Work was done and there is no object to show, such as after a deletion. */
export function success(details: StatusDetails): Status {
  return { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', details, code: 200 };
}
