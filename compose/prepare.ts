import { chmod, chown, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { writePrivateFile } from '../local/home/private-files.ts';
import { ensureSecrets } from './secrets.ts';
import { SHARES } from './shares.ts';

/**
 * The first service of docker-compose.yml, as root: makes passwords, keys and certificates, and hands each service
 * those it needs, in a volume only that service's user can read: `prepare.js FOLDER-OF-VOLUMES PORT`, where the machine
 * reaches the API server on the port.
 */
const [, , volumes = '/volumes', hostPort = '6443'] = process.argv;

const secrets = await ensureSecrets(join(volumes, 'authority'), Number(hostPort));
for (const [volume, { owner, files }] of Object.entries(SHARES)) {
  const folder = join(volumes, volume);
  await mkdir(folder, { recursive: true });
  for (const name of files) {
    const secret = secrets[name];
    if (secret === undefined) throw new Error(`there is no secret ${name} for the volume ${volume}`);
    await writePrivateFile(join(folder, name), `${secret.trimEnd()}\n`);
    await chown(join(folder, name), owner, owner);
  }
  await chmod(folder, 0o700);
  await chown(folder, owner, owner);
}
process.stdout.write(`${Object.keys(secrets).length} secrets are in place\n`);
