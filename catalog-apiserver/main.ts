import { readFile } from 'node:fs/promises';
import { decideAdmission } from '../lib/catalog/admission/admit.ts';
import { systemClock } from '../lib/runtime/clock.ts';
import { toError, UsageError } from '../lib/runtime/errors.ts';
import { runProgram } from '../lib/runtime/lifecycle.ts';
import { createLogger } from '../lib/runtime/log.ts';
import { createRegistry } from '../lib/runtime/metrics.ts';
import { readConfig, USAGE } from './config.ts';
import type { Config } from './config.ts';
import { serve } from './serve.ts';

/** The composition root: flags and files in, a server that runs until it is told to stop. */
function main(): void {
  let config: Config | 'help';
  try {
    config = readConfig(process.argv.slice(2));
  } catch (thrown) {
    process.stderr.write(`${toError(thrown).message}\n\n${USAGE}`);
    process.exitCode = 2;
    return;
  }
  if (config === 'help') {
    process.stdout.write(USAGE);
    return;
  }
  const { tlsCertFile, tlsPrivateKeyFile, clientCaFile, clientKubeconfig, ...settings } = config;
  const log = createLogger('catalog-apiserver', config.logLevel);
  void runProgram(log, async (lifecycle) => {
    const [cert, key, clientCa] = await Promise.all([
      readSetting('--tls-cert-file', tlsCertFile),
      readSetting('--tls-private-key-file', tlsPrivateKeyFile),
      readSetting('--client-ca-file', clientCaFile),
    ]);
    await serve(
      {
        ...settings,
        tls: { cert, key, clientCa },
        clientKubeconfig: () => clientKubeconfig,
        admission: decideAdmission,
        clock: systemClock,
        registry: createRegistry(),
        log,
      },
      lifecycle,
    );
  });
}

async function readSetting(flag: string, path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (thrown) {
    throw new UsageError(`${flag} ${path}: ${toError(thrown).message}`);
  }
}

main();
