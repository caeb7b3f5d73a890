import { describeUnless } from '../describe-unless.ts';

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

/** `describe` for tests on a node, where one can run. */
export function describeOnNode(name: string, tests: () => void): void {
  describeUnless(process.env['SC_TEST_NODE_UNAVAILABLE'], name, tests);
}
