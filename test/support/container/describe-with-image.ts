import { describeUnless } from '../describe-unless.ts';
import { whyNoImage } from '../tools/image.ts';

/** `describe` for tests that need the image, where one can be built. */
export function describeWithImage(name: string, tests: () => void): void {
  describeUnless(whyNoImage(), name, tests);
}
