import { createHash } from 'node:crypto';
import { access, copyFile, mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { unpackOnce } from '../../../../local/servers/unpack.ts';
import type { ProvideContext } from '../../kubernetes/release.ts';
import { toolsFolder } from '../../tools/tools-folder.ts';
import { writeImageArchive } from './archive.ts';
import { writeDatabaseImages } from './databases.ts';

export const PAUSE_IMAGE = 'docker.io/service-catalog-test/pause:1';
export const COREDNS_IMAGE = 'docker.io/service-catalog-test/coredns:1';

/**
 * The images a node and the evaluation servers of the chart database-broker need, as files to import: they are made
 * here, as no registry can be counted on. Made once and kept in the cache folder.
 */
export async function provideNodeImages(
  programs: { readonly pause: string; readonly coredns: string },
  { say, signal }: ProvideContext,
): Promise<readonly string[]> {
  const folder = join(toolsFolder(), 'node-images', `${process.arch}-${await fingerprint(programs)}`);
  const archives = ['pause.tar', 'coredns.tar', 'databases.tar'];
  await unpackOnce({
    folder,
    what: 'the images of a node',
    signal,
    fill: async (into) => {
      say('making images of pause, CoreDNS, PostgreSQL and MariaDB; this is done once and takes a minute');
      for (const [name, reference] of Object.entries({ pause: PAUSE_IMAGE, coredns: COREDNS_IMAGE } as const)) {
        const root = join(into, name);
        await mkdir(root);
        await copyFile(programs[name as keyof typeof programs], join(root, name));
        const image = { reference, entrypoint: [`/${name}`], user: '65532:65532' };
        await writeImageArchive(root, [image], join(into, `${name}.tar`), signal);
        await rm(root, { recursive: true });
      }
      const root = join(into, 'databases');
      await mkdir(root);
      await writeDatabaseImages(root, join(into, 'databases.tar'), signal);
      await rm(root, { recursive: true });
    },
    works: async (made) => {
      const present = archives.map((name) => access(join(made, name)));
      return Promise.all(present).then(
        () => true,
        () => false,
      );
    },
  });
  return archives.map((name) => join(folder, name));
}

async function fingerprint(programs: { readonly pause: string; readonly coredns: string }): Promise<string> {
  const hash = createHash('sha256').update(JSON.stringify(programs));
  for (const name of (await readdir(import.meta.dirname)).toSorted()) {
    hash.update(await readFile(join(import.meta.dirname, name)));
  }
  return hash.digest('hex').slice(0, 12);
}
