import { createKubeClient } from '../../lib/kube/api-client.ts';
import { census, queryPostgres } from './census.ts';
import type { ServerCensus } from './census.ts';
import type { KillReport } from './kill-scenario.ts';
import { runKillScenario } from './kill-scenario.ts';
import type { ProgramName, Stack } from './shared-stack.ts';
import { pidOf, storeUrl, tenantServers } from './shared-stack.ts';
import { eventually } from './wait.ts';

/** The kill scenario on a running stack; what was there before is left out of every count. */
export async function killOnStack(
  stack: Stack,
  options: { kills: number; seed: number; report: (line: string) => void },
): Promise<KillReport> {
  const kube = createKubeClient({ kubeconfig: stack.kubeconfig, userAgent: 'kill-test' });
  const before = await census(tenantServers(stack));
  const storeBefore = await storeCensus(stack);
  try {
    return await runKillScenario({
      ...options,
      kube,
      kill: (program) => kill(stack, program),
      classes: [
        ...new Set(
          tenantServers(stack).map((server) => (server.engine === 'postgresql' ? 'cloud-postgresql' : 'cloud-mysql')),
        ),
      ],
      census: async () => without(await census(tenantServers(stack)), before),
      storeCensus: async () => {
        const now = await storeCensus(stack);
        return {
          instances: now.instances - storeBefore.instances,
          bindings: now.bindings - storeBefore.bindings,
          unfinished: now.unfinished,
        };
      },
    });
  } finally {
    kube.close();
  }
}

function without(now: ServerCensus, before: ServerCensus): ServerCensus {
  const left = (all: readonly string[], gone: readonly string[]): string[] =>
    all.filter((name) => !gone.includes(name));
  return {
    databases: left(now.databases, before.databases),
    logins: left(now.logins, before.logins),
    roles: left(now.roles, before.roles),
  };
}

async function storeCensus(stack: Stack): Promise<{ instances: number; bindings: number; unfinished: number }> {
  const [row] = await queryPostgres<{ instances: number; bindings: number; unfinished: number }>(
    storeUrl(stack),
    `SELECT (SELECT count(*)::int FROM broker.instances) AS instances, (SELECT count(*)::int FROM broker.bindings) AS bindings,
            (SELECT count(*)::int FROM broker.operations WHERE state = 'in progress') AS unfinished`,
  );
  if (row === undefined) throw new Error('the store answered no row');
  return row;
}

/** Ends the program that runs now; waits for a new one first when the last was only just ended. */
async function kill(stack: Stack, program: ProgramName): Promise<void> {
  await eventually(`a running ${program} to end`, async () => {
    const pid = await pidOf(stack, program);
    if (pid === undefined) return undefined;
    process.kill(pid, 'SIGKILL');
    return true;
  });
}
