import { provideImage, whyNoImage } from '../tools/image.ts';

/** Jest's global set-up of the project "image": the image, which may take minutes, is there when the tests begin. */
export default async function buildImage(): Promise<void> {
  const why = whyNoImage();
  if (why === undefined) await provideImage();
  else console.error(`\nNOT RUN: every test of the image: ${why}\n`);
}
