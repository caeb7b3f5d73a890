import { parseFlags } from '../lib/runtime/command-line.ts';
import { UsageError } from '../lib/runtime/errors.ts';
import { runProgram } from '../lib/runtime/lifecycle.ts';
import { createLogger } from '../lib/runtime/log.ts';
import { readServingCertificate } from '../lib/runtime/serving-certificate.ts';
import type { BrokerConfig } from './config/config.ts';
import { readConfigFile } from './config/read-config.ts';
import { engineFactory } from './create-engine.ts';
import { startBroker } from './program.ts';

const USAGE = `Usage: service-catalog broker --config FILE [--check]

The Open Service Broker for PostgreSQL and MySQL.

  --config FILE  the configuration, see docs/broker-configuration.md
  --check        only look for mistakes in it
  --help         this text
`;

/** The options, or a text to print instead of running. */
async function readCommandLine(): Promise<{ readonly config: BrokerConfig } | { readonly say: string }> {
  const values = parseFlags(process.argv.slice(2), {
    config: { type: 'string' },
    check: { type: 'boolean' },
    help: { type: 'boolean', short: 'h' },
  });
  if (values.help) return { say: USAGE };
  if (values.config === undefined) throw new UsageError(`--config is missing.\n${USAGE}`);
  const config = readConfigFile(values.config);
  if (!values.check) return { config };
  const { tls } = config.listen;
  if (tls !== undefined) await readServingCertificate(tls);
  return { say: `${values.config} has no mistakes.\n` };
}

try {
  const command = await readCommandLine();
  if ('say' in command) process.stdout.write(command.say);
  else {
    const { config } = command;
    const log = createLogger('broker');
    await runProgram(log, async (lifecycle) => {
      await startBroker(lifecycle, config, engineFactory(log, config.limits.operationsPerServer), log);
    });
  }
} catch (thrown) {
  // Mistakes on the command line and in the file are for a person: plain lines, no stack.
  if (!(thrown instanceof UsageError)) throw thrown;
  process.stderr.write(`${thrown.message}\n`);
  process.exitCode = 2;
}
