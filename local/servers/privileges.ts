import { chown, lchown, readdir, stat } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { run } from '../processes/command.ts';
import type { Command } from '../processes/command.ts';
import { UsageError } from '../../lib/runtime/errors.ts';

/**
 * How database servers are started. They refuse uid 0, and rightly: a server that is broken into should not be root.
 * An ordinary user starts them as they are. Root starts them, in this order of preference,
 *  1. in a user namespace of one user that is not root inside and root outside: no account is made, and files below a
 *     folder that only root may enter stay reachable;
 *  2. as `nobody` who may pass through folders that belong to others (one capability is kept, CAP_DAC_OVERRIDE);
 *  3. as plain `nobody`, which needs every folder above the files to be open to everybody.
 * A user without an account (a container that was given some number) is unknown to PostgreSQL, which asks for its
 * name; such a user starts them in a user namespace too, as the first account there is.
 */
export interface Privileges {
  readonly how: 'unchanged' | 'user-namespace' | 'nobody-with-passage' | 'nobody';
  /** The same command, started with less. The program replaces the wrapper: one process, signals arrive. */
  wrap(command: Command): Command;
  /**
   * Hands a file or folder, with all in it, to the user that the servers run as; does nothing when it is theirs. Data
   * that was made in one of these ways can so be started in another.
   */
  own(path: string): Promise<void>;
}

const NOBODY = 65_534;

const asNobody = ['--reuid', String(NOBODY), '--regid', String(NOBODY), '--clear-groups'];

const wrappers: readonly { how: Privileges['how']; prefix: readonly string[] }[] = [
  { how: 'user-namespace', prefix: ['unshare', '--user', '--map-user=1', '--'] },
  {
    how: 'nobody-with-passage',
    prefix: ['setpriv', ...asNobody, '--inh-caps=+dac_override', '--ambient-caps=+dac_override', '--'],
  },
  { how: 'nobody', prefix: ['setpriv', ...asNobody, '--'] },
];

/** What {@link serverPrivileges} gives to a user who is not root. */
export const unchanged: Privileges = {
  how: 'unchanged',
  wrap: (command) => command,
  own: async () => undefined,
};

/** Who starts the servers. */
export interface Starter {
  readonly uid: number;
  /** Whether the machine knows a name for that number. */
  readonly hasAccount: boolean;
}

/**
 * Finds out how servers can be started by this user, by trying each way on `executable`.
 * Throws {@link UsageError} when there is no way to start them as somebody they accept.
 */
export async function serverPrivileges(executable: string, starter = thisUser()): Promise<Privileges> {
  const { uid, hasAccount } = starter;
  if (uid !== 0 && hasAccount) return unchanged;
  for (const wrapper of uid === 0 ? wrappers : wrappers.slice(0, 1)) {
    const privileges = wrapped(wrapper.how, wrapper.prefix, uid);
    const probe = privileges.wrap({ file: 'sh', args: ['-c', '[ "$(id -u)" != 0 ] && [ -x "$1" ]', 'sh', executable] });
    try {
      await run(probe, { timeoutMs: 10_000 });
      return privileges;
    } catch {
      // Not on this machine: the next way.
    }
  }
  if (uid !== 0) {
    throw new UsageError(
      `The user with the number ${uid} has no account on this machine, and PostgreSQL asks for its name. Run this as a ` +
        'user with an account (an entry in /etc/passwd).',
    );
  }
  throw new UsageError(
    'Database servers refuse to run as root, and neither "unshare --user" nor "setpriv" (package util-linux) can ' +
      'start them as another user here. Run this as an ordinary user.',
  );
}

function thisUser(): Starter {
  const uid = process.getuid?.() ?? 1000;
  try {
    return { uid, hasAccount: userInfo().uid === uid || process.getuid === undefined };
  } catch {
    return { uid, hasAccount: false };
  }
}

function wrapped(how: Privileges['how'], prefix: readonly string[], uid: number): Privileges {
  const [file = '', ...args] = prefix;
  return {
    how,
    wrap: (command) => ({ ...command, file, args: [...args, command.file, ...command.args] }),
    // In the namespace, who is outside is the servers' user inside.
    own: (path) => chownAll(path, how === 'user-namespace' ? uid : NOBODY),
  };
}

async function chownAll(path: string, id: number): Promise<void> {
  const stats = await stat(path);
  if (stats.uid === id) return;
  const entries = stats.isDirectory() ? await readdir(path, { withFileTypes: true, recursive: true }) : [];
  for (const entry of entries) await lchown(join(entry.parentPath, entry.name), id, id);
  // Last, because it stands for all the others above.
  await chown(path, id, id);
}
