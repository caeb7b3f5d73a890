import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { run } from '../processes/command.ts';
import { MYSQL_ADMIN } from './mysql-data.ts';
import { waitForMysql } from './mysql-recipe.ts';
import type { RecipeOptions, ServerRecipe } from './server.ts';

const IMAGE = 'mysql:8.4';

/** A MySQL server in a container, with its data in the same folder as any other. Throws when Docker is not usable. */
export async function dockerRecipe(options: RecipeOptions, say: (message: string) => void): Promise<ServerRecipe> {
  await run({ file: 'docker', args: ['version', '--format', '{{.Server.Version}}'] }, { timeoutMs: 10_000 });
  const present = await run({ file: 'docker', args: ['image', 'inspect', IMAGE] }, { timeoutMs: 10_000 }).then(
    () => true,
    () => false,
  );
  if (!present) {
    say(`fetching the image ${IMAGE}`);
    await run({ file: 'docker', args: ['pull', '--quiet', IMAGE] }, { timeoutMs: 900_000, signal: options.signal });
  }

  await mkdir(options.dataDir, { recursive: true, mode: 0o700 });
  const password = (await readFile(options.passwordFile, 'utf8')).trim();
  // Arguments are visible to everybody on the machine; a file that only its owner may read is not.
  const environmentFile = `${options.dataDir}.env`;
  await rm(environmentFile, { force: true });
  await writeFile(environmentFile, `MYSQL_ROOT_PASSWORD=${password}\n`, { mode: 0o600 });

  const name = `service-catalog-mysql-${options.port}`;
  const flags = [
    ...['run', '--rm', '--name', name, '--env-file', environmentFile],
    ...['--user', `${process.getuid?.() ?? 1000}:${process.getgid?.() ?? 1000}`],
    ...['--publish', `127.0.0.1:${options.port}:3306`, '--volume', `${options.dataDir}:/var/lib/mysql`, IMAGE],
    ...['--skip-name-resolve', '--disable-log-bin', '--local-infile=0', '--mysqlx=OFF'],
  ];
  return {
    // A container that outlived its client would hold the name and the data: it goes first.
    command: {
      file: 'sh',
      args: ['-c', 'docker rm --force "$1" >/dev/null 2>&1; shift; exec docker "$@"', 'sh', name, ...flags],
    },
    stopSignal: 'SIGTERM',
    ready: (signal) =>
      waitForMysql({ host: '127.0.0.1', port: options.port, username: MYSQL_ADMIN, password }, 120_000, signal),
  };
}
