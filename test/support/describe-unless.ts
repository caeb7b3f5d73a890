import { describe } from '@jest/globals';

/**
 * `describe` for tests that not every machine can run: `why` says what this one lacks, undefined when nothing. What
 * cannot run counts as skipped, under a name that says why; a leg of the tests prints these names at its end.
 */
export function describeUnless(why: string | undefined, name: string, tests: () => void): void {
  if (why === undefined) describe(name, tests);
  else describe.skip(`NOT RUN, ${why}: ${name}`, tests);
}
