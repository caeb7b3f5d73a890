import { settingsOrExit } from '../../lib/runtime/command-line.ts';
import { runProgram } from '../../lib/runtime/lifecycle.ts';
import { createLogger } from '../../lib/runtime/log.ts';
import { startWebhook } from './program.ts';
import { parseSettings, USAGE } from './settings.ts';

const settings = settingsOrExit('catalog-webhook', USAGE, parseSettings);
const log = createLogger('catalog-webhook', settings.logLevel);
await runProgram(log, async (lifecycle) => {
  const { url, healthUrl } = await startWebhook(settings, process.env, log, lifecycle);
  log.info({ url, health: healthUrl }, 'started');
});
