import { describe } from '@jest/globals';
import { whyNoImage } from '../tools/image.ts';

/** `describe` for tests that need the image. Where none can be built they count as skipped, under a name that says why. */
export function describeWithImage(name: string, tests: () => void): void {
  const why = whyNoImage();
  if (why === undefined) describe(name, tests);
  else describe.skip(`NOT RUN, ${why}: ${name}`, tests);
}
