import { describe } from '@jest/globals';

/** What enter.ts has prepared for the tests, in `SC_TEST_NODE`. */
export interface NodeSetup {
  /** For data, logs and keys; it goes with the run. */
  readonly folder: string;
  /** Files with images to import. */
  readonly images: readonly string[];
  /** Reference of the image of this checkout: `docker.io/library/service-catalog:0.1.0`. */
  readonly image: string;
}

/** Throws outside of `npm run test:node`, and where that can run no node. */
export function nodeSetup(): NodeSetup {
  const text = process.env['SC_TEST_NODE'];
  if (text === undefined) throw new Error('these tests need a machine of their own: run them with npm run test:node');
  return JSON.parse(text) as NodeSetup;
}

/** Why no node runs on this machine; undefined when one does. */
export const nodeUnavailable = (): string | undefined => process.env['SC_TEST_NODE_UNAVAILABLE'];

/** `describe` for tests on a node. Where none can run they count as skipped, under a name that says why. */
export function describeOnNode(name: string, tests: () => void): void {
  const unavailable = nodeUnavailable();
  if (unavailable === undefined) describe(name, tests);
  else describe.skip(`NOT RUN, ${unavailable}: ${name}`, tests);
}
