import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from '../../../local/processes/command.ts';
import { provideImage } from '../tools/image.ts';

/** What the image says about how it is to be run. */
export interface ImageConfig {
  readonly User: string;
  readonly Env: readonly string[];
  readonly Entrypoint: readonly string[];
  readonly Cmd: readonly string[];
  readonly WorkingDir: string;
  readonly StopSignal: string;
  readonly Labels: Readonly<Record<string, string>>;
}

export interface UnpackedImage {
  readonly reference: string;
  readonly revision: string;
  readonly config: ImageConfig;
  /** The folder that is `/` in a container. */
  readonly root: string;
  /** Of its layers as they are, bytes. */
  readonly size: number;
}

/** The image of this checkout, unpacked into `folder`. */
export async function unpackImage(folder: string): Promise<UnpackedImage> {
  const { tar, reference, revision } = await provideImage();
  const archive = join(folder, 'archive');
  const root = join(folder, 'root');
  await mkdir(archive, { recursive: true });
  await mkdir(root);
  await run({ file: 'tar', args: ['-xf', tar, '-C', archive] });
  const [manifest] = await readJson<{ Config: string; Layers: string[] }[]>(join(archive, 'manifest.json'));
  if (manifest === undefined) throw new Error('the archive holds no image');
  const { config } = await readJson<{ config: ImageConfig }>(join(archive, manifest.Config));
  let size = 0;
  for (const layer of manifest.Layers) {
    await run({ file: 'tar', args: ['-xpf', join(archive, layer), '-C', root] });
    size += (await readFile(join(archive, layer))).length;
  }
  return { reference, revision, config, root, size };
}

async function readJson<T>(file: string): Promise<T> {
  return JSON.parse(await readFile(file, 'utf8')) as T;
}
