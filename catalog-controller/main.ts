import { toError, UsageError } from '../lib/runtime/errors.ts';
import { runProgram } from '../lib/runtime/lifecycle.ts';
import { createLogger } from '../lib/runtime/log.ts';
import { startController } from './program.ts';
import { parseSettings, USAGE } from './settings.ts';
import type { Settings } from './settings.ts';

const settings = settingsOrExit();
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

function settingsOrExit(): Settings {
  try {
    const parsed = parseSettings(process.argv.slice(2));
    if (parsed !== 'help') return parsed;
    process.stdout.write(USAGE);
    return process.exit(0);
  } catch (thrown) {
    if (!(thrown instanceof UsageError)) throw thrown;
    process.stderr.write(`catalog-controller: ${thrown.message}\n`);
    return process.exit(2);
  }
}
