import { UsageError } from '../../lib/runtime/errors.ts';
import { runInPlace } from '../child-process.ts';
import { readCredentials } from '../credentials/binding-credentials.ts';
import { credentialEnvironment } from '../credentials/environment.ts';
import type { Session } from '../session.ts';

/**
 * `svcat exec BINDING -- command`: runs a command with the binding's credentials in its environment. Nowhere else:
 * arguments and output would be seen by others.
 */
export async function execCommand(session: Session, binding: string, command: readonly string[]): Promise<number> {
  if (command.length === 0) {
    throw new UsageError(`say what to run: svcat exec ${binding} -- command arguments…`);
  }
  const credentials = await readCredentials(session, binding);
  const { environment, omitted } = credentialEnvironment(session.environment, credentials);
  if (omitted.length > 0) {
    session.terminal.note(
      `svcat: not put into the environment, because of their names or values: ${omitted.join(', ')}`,
    );
  }
  session.kube.close();
  return runInPlace(command, environment);
}
