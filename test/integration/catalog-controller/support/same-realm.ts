/**
 * Jest's `structuredClone` comes from outside the test's realm, so what it makes is never deeply and strictly equal to
 * an object of the test's. In here the API server runs in the test's process; this makes it behave as it does in its own.
 */
globalThis.structuredClone = <T>(value: T): T => JSON.parse(JSON.stringify(value)) as T;
