/**
 * Bounds on what is accepted from the other side of the wire. The specification leaves most of them open (spec.md
 * "URL Properties", "Catalog Management"); these are wide enough for every broker and platform we know of and keep one
 * message from filling memory, a log line or a column of the store.
 */

/** Characters of an id: instance, binding, service, plan, operation excepted. */
export const MAX_ID_LENGTH = 255;
/** Characters of a service's or plan's name; the specification recommends that strings stay below this. */
export const MAX_NAME_LENGTH = 255;
/** Characters of the `operation` a broker answers with; spec.md says that 10,000 must be expected. */
export const MAX_OPERATION_LENGTH = 10_000;
/** Characters of a description that is shown to users. */
export const MAX_DESCRIPTION_LENGTH = 10_000;
/** Bytes of one parameter schema, as JSON; spec.md "Input Parameters Schema Object". */
export const MAX_SCHEMA_BYTES = 64 * 1024;
/** How deep parameters, context, metadata and credentials may nest; deeper JSON is an attack, not data. */
export const MAX_JSON_DEPTH = 100;
/** Bytes of a response body that a client reads when nothing else was said. */
export const DEFAULT_MAX_BODY_BYTES = 8 * 1024 * 1024;
