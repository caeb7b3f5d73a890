import { Command, CommanderError, Option } from 'commander';
import { UsageError } from '../lib/runtime/errors.ts';
import { connectCommand } from './commands/connect.ts';
import { describeCommand } from './commands/describe.ts';
import { doctorCommand } from './commands/doctor.ts';
import { execCommand } from './commands/exec.ts';
import { getCommand } from './commands/get.ts';
import { failureOf } from './failure.ts';
import { parseKind } from './kinds.ts';
import type { ScopeChoice } from './kinds.ts';
import type { OutputFormat } from './output/document.ts';
import { openSession } from './session.ts';
import type { GlobalOptions, Session, Surroundings } from './session.ts';
import { readVersion } from './version.ts';

/**
 * Runs svcat with these arguments and returns its exit code: that of the program it ran, 1 when something is wrong or
 * could not be done, 2 for a mistake on the command line.
 */
export async function run(argv: readonly string[], surroundings: Surroundings): Promise<number> {
  const { terminal } = surroundings;
  // What follows "--" belongs to another program and is none of our options.
  const end = argv.indexOf('--');
  const [own, rest] = end < 0 ? [argv, []] : [argv.slice(0, end), argv.slice(end + 1)];
  let exitCode = 0;
  let verbose = false;
  const command = createCommand(rest, async (options, act) => {
    verbose = options.verbose ?? false;
    const session = openSession(options, surroundings);
    try {
      exitCode = await act(session);
    } finally {
      session.kube.close();
    }
  });
  command.configureOutput({
    writeOut: (text) => {
      terminal.print(text);
    },
    writeErr: (text) => {
      terminal.note(text);
    },
  });
  try {
    await command.parseAsync(own, { from: 'user' });
    return exitCode;
  } catch (thrown) {
    // Commander has said what is wrong already; asking for help is nothing wrong.
    if (thrown instanceof CommanderError) return thrown.exitCode === 0 ? 0 : 2;
    const failure = failureOf(thrown, verbose);
    terminal.note(`svcat: ${failure.message}`);
    return failure.exitCode;
  }
}

type WithSession = (options: GlobalOptions, act: (session: Session) => Promise<number>) => Promise<void>;

interface KindOptions extends GlobalOptions {
  readonly allNamespaces?: boolean;
  readonly scope: ScopeChoice;
}

const KINDS = 'brokers, classes, plans, instances or bindings';

function createCommand(rest: readonly string[], withSession: WithSession): Command {
  const program = new Command('svcat')
    .description('Looks at the Service Catalog, says why something is not ready, and hands credentials to programs.')
    .option('-n, --namespace <name>', "namespace to work in (default: that of the kubeconfig's context)")
    .option('--kubeconfig <file>', 'kubeconfig (default: $KUBECONFIG, .local/kubeconfig here or above, ~/.kube/config)')
    .option('--context <name>', 'context of the kubeconfig')
    .version(readVersion(), '--version', 'show the version')
    .option('-v, --verbose', 'say more, such as which kubeconfig is used')
    .configureHelp({ subcommandTerm: (command) => `${command.name()} ${command.usage()}` })
    .showHelpAfterError('(svcat --help lists the commands)')
    .exitOverride();

  program
    .command('exec')
    .usage('[options] <binding> -- <command…>')
    .description("run a command with a binding's credentials in its environment")
    .argument('<binding>', 'name of a ServiceBinding')
    .argument('[extra...]')
    .addHelpText('after', EXEC_HELP)
    .action(async (binding: string, extra: string[], _options: unknown, command: Command) => {
      refuseExtra(extra, `svcat exec ${binding} -- ${extra.join(' ')}`);
      await withSession(command.optsWithGlobals(), (session) => execCommand(session, binding, rest));
    });

  program
    .command('connect')
    .usage('[options] <binding> [-- <argument…>]')
    .description("open an SQL prompt on a binding's database")
    .argument('<binding>', 'name of a ServiceBinding')
    .argument('[extra...]')
    .option('--built-in', "use svcat's own prompt even where psql or mysql is installed")
    .action(async (binding: string, extra: string[], options: { builtIn?: boolean }, command: Command) => {
      refuseExtra(extra, `svcat connect ${binding} -- ${extra.join(' ')}`);
      await withSession(command.optsWithGlobals(), (session) =>
        connectCommand(session, binding, { ...options, clientArguments: rest }),
      );
    });

  program
    .command('doctor')
    .description('say why an instance or binding is not ready, and what to do; exit code 1 when something is wrong')
    .argument('<name>', 'instance/NAME, binding/NAME, or the name of either')
    .action(async (name: string, _options: unknown, command: Command) => {
      await withSession(command.optsWithGlobals(), (session) => doctorCommand(session, name));
    });

  selecting(program.command('get'))
    .description('list objects, or show one')
    .argument('[name]', 'only this one')
    .addOption(new Option('-o, --output <format>', 'how').choices(['table', 'json', 'yaml']).default('table'))
    .action(async (word: string, name: string | undefined, _options: unknown, command: Command) => {
      const kind = parseKind(word);
      const options: KindOptions & { output: OutputFormat } = command.optsWithGlobals();
      await withSession(options, (session) => getCommand(session, kind, name, options));
    });

  selecting(program.command('describe'))
    .description('show everything about an object')
    .argument('[name]', 'only this one')
    .option('--show-secrets', "write a binding's credentials in full")
    .action(async (word: string, name: string | undefined, _options: unknown, command: Command) => {
      const kind = parseKind(word);
      const options: KindOptions & { showSecrets?: boolean } = command.optsWithGlobals();
      await withSession(options, (session) => describeCommand(session, kind, name, options));
    });

  for (const command of program.commands) command.exitOverride();
  return program;
}

/** What `get` and `describe` share. */
function selecting(command: Command): Command {
  return command
    .argument('<kind>', KINDS)
    .option('-A, --all-namespaces', 'look in all namespaces')
    .addOption(
      new Option('--scope <scope>', 'brokers, classes and plans of the cluster, of the namespace, or both')
        .choices(['cluster', 'namespace', 'all'])
        .default('all'),
    );
}

function refuseExtra(extra: readonly string[], instead: string): void {
  if (extra.length > 0) throw new UsageError(`put "--" before the command: ${instead}`);
}

const EXEC_HELP = `
Each key of the Secret becomes a variable, under its own name and in upper snake case: connectionString and
CONNECTION_STRING. For databases PGHOST, PGPORT, PGUSER, PGPASSWORD and PGDATABASE, or MYSQL_HOST, MYSQL_TCP_PORT and
MYSQL_PWD, are set too. Nothing is put on a command line.

  svcat exec my-binding -- node app.js
  svcat exec my-binding -- sh -c 'pg_dump --schema-only'`;
