import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from '../../../local/processes/command.ts';
import { unpackOnce } from '../../../local/servers/unpack.ts';
import { unpackDebianPackages } from './debian-packages.ts';
import { toolsFolder } from './tools-folder.ts';

/** Debian's release whose docker compose (2.26) is a static program; it reads files without a container engine. */
const SUITE = 'trixie';

/** The program `docker-compose` of docker compose 2, from Debian's packages in the cache folder. */
export async function provideCompose(say: (message: string) => void = console.error): Promise<string> {
  const folder = join(toolsFolder(), `docker-compose-${SUITE}-${process.arch}`);
  const programIn = (unpacked: string): string =>
    join(unpacked, 'usr', 'libexec', 'docker', 'cli-plugins', 'docker-compose');
  await unpackOnce({
    folder,
    what: 'docker compose',
    fill: (into) => {
      say('fetching docker compose (12 MB) from the packages of Debian, into the cache folder');
      return unpackDebianPackages({ suite: SUITE, packages: ['docker-compose'], into });
    },
    works: (unpacked) =>
      access(programIn(unpacked))
        .then(() => run({ file: programIn(unpacked), args: ['version'] }, { timeoutMs: 20_000 }))
        .then(
          () => true,
          () => false,
        ),
  });
  return programIn(folder);
}
