import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Assignment, Phase } from './tenant.ts';

/** A tenant at work in a process of its own. */
export interface TenantProcess {
  /** What the tenant did while `work` was done. */
  during(work: () => Promise<void>): Promise<Phase>;
  stop(): Promise<void>;
}

/** Starts the tenant; resolves when it is at work. Rejects, then or in a phase, when it ends early. */
export async function startTenant(assignment: Assignment): Promise<TenantProcess> {
  const child = fork(fileURLToPath(new URL('./tenant.ts', import.meta.url)), [], {
    execArgv: ['--disable-warning=ExperimentalWarning'],
  });
  const exited = once(child, 'exit');
  const died = exited.then((): never => {
    throw new Error("the tenant's process has ended");
  });
  died.catch(() => undefined);
  const answer = async (): Promise<unknown> => {
    const [message] = (await Promise.race([once(child, 'message'), died])) as [unknown];
    return message;
  };
  child.send(assignment);
  await answer();
  return {
    during: async (work) => {
      child.send('begin');
      await Promise.race([work(), died]);
      child.send('end');
      return (await answer()) as Phase;
    },
    stop: async () => {
      child.kill();
      await exited;
    },
  };
}
