import { settingsOrExit } from '../lib/runtime/command-line.ts';
import { toError } from '../lib/runtime/errors.ts';
import { runProgram } from '../lib/runtime/lifecycle.ts';
import { createLogger } from '../lib/runtime/log.ts';
import { startController } from './program.ts';
import { parseSettings, USAGE } from './settings.ts';

const settings = settingsOrExit('catalog-controller', USAGE, parseSettings);
const log = createLogger('catalog-controller', settings.logLevel);
await runProgram(log, async (lifecycle) => {
  const { url, ended } = await startController(settings, process.env, log, lifecycle);
  log.info({ health: url, admission: settings.admission }, 'started');
  ended.catch((thrown: unknown) => {
    // Somebody else may be leading by now, so nothing of this process may go on.
    log.fatal({ err: toError(thrown) }, 'the controllers have ended');
    process.exit(1);
  });
});
