import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { run } from '../../../../local/processes/command.ts';

/** An image that is made of one folder. */
export interface FolderImage {
  /** `docker.io/library/pause:test` */
  readonly reference: string;
  readonly entrypoint: readonly string[];
  /** `UID:GID`; root when absent. */
  readonly user?: string;
  /** How its program is asked to end; SIGTERM when absent. */
  readonly stopSignal?: NodeJS.Signals;
}

/**
 * Writes images to `file`, a tar such as `docker save` makes and `ctr image import` reads. All have `folder` as their
 * root, owned by root; it is stored once.
 */
export async function writeImageArchive(
  folder: string,
  images: readonly FolderImage[],
  file: string,
  signal?: AbortSignal,
): Promise<void> {
  const work = await mkdtemp(join(dirname(file), 'image-'));
  try {
    const owned = ['--sort=name', '--owner=0', '--group=0', '--numeric-owner', '--mtime=@0'];
    const layer = join(work, 'layer.tar');
    await run({ file: 'tar', args: [...owned, '-C', folder, '-cf', layer, '.'] }, { signal });
    const digest = createHash('sha256')
      .update(await readFile(layer))
      .digest('hex');
    const manifest = images.map((image, index) => ({
      Config: `config-${index}.json`,
      RepoTags: [image.reference],
      Layers: ['layer.tar'],
    }));
    for (const [index, image] of images.entries()) {
      await writeFile(join(work, `config-${index}.json`), JSON.stringify(imageConfig(image, digest)));
    }
    await writeFile(join(work, 'manifest.json'), JSON.stringify(manifest));
    const names = ['manifest.json', 'layer.tar', ...manifest.map(({ Config }) => Config)];
    await run({ file: 'tar', args: ['-C', work, '-cf', `${file}.unfinished`, ...names] }, { signal });
    await rename(`${file}.unfinished`, file);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

function imageConfig({ entrypoint, user, stopSignal }: FolderImage, layerDigest: string): object {
  return {
    architecture: process.arch === 'x64' ? 'amd64' : process.arch,
    os: 'linux',
    config: {
      Entrypoint: entrypoint,
      Env: [PATH],
      ...(user === undefined ? {} : { User: user }),
      ...(stopSignal === undefined ? {} : { StopSignal: stopSignal }),
    },
    rootfs: { type: 'layers', diff_ids: [`sha256:${layerDigest}`] },
    history: [{ created_by: 'a folder' }],
  };
}

const PATH = 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
