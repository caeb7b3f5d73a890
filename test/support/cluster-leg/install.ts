import { run } from '../../../local/processes/command.ts';
import { isOlder, RULES_SINCE } from '../kubernetes/release.ts';
import { accessOf, definitionsOf } from './chart.ts';
import type { ChartObject } from './chart.ts';
import { NAMESPACE } from './state.ts';

/** Installs, of what the chart has, the kinds that the API server serves and the rights of the programs, as helm does. */
export async function installAccess(
  kubeconfig: string,
  objects: readonly ChartObject[],
  kubernetesVersion: string,
): Promise<void> {
  // An old server drops the rules in the schemas; told to look, kubectl would refuse them.
  const validate = isOlder(kubernetesVersion, RULES_SINCE) ? 'ignore' : 'strict';
  const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: NAMESPACE } };
  // Client-side apply would put each kind, which is longer than an annotation may be, into one.
  await kubectl(kubeconfig, ['create', `--validate=${validate}`, '-f', '-'], listOf(definitionsOf(objects)));
  await apply(kubeconfig, [namespace, ...accessOf(objects)]);
  await kubectl(kubeconfig, ['wait', '--for=condition=Established', 'crd', '--all', '--timeout=60s']);
}

/** Server-side. Resolves to what kubectl prints. */
export function apply(kubeconfig: string, objects: readonly unknown[], flags: readonly string[] = []): Promise<string> {
  return kubectl(kubeconfig, ['apply', '--server-side', ...flags, '-f', '-'], listOf(objects));
}

export async function remove(kubeconfig: string, objects: readonly unknown[]): Promise<void> {
  await kubectl(kubeconfig, ['delete', '--ignore-not-found', '-f', '-'], listOf(objects));
}

const listOf = (objects: readonly unknown[]): string =>
  JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects });

function kubectl(kubeconfig: string, args: readonly string[], input = ''): Promise<string> {
  return run({ file: 'kubectl', args: ['--kubeconfig', kubeconfig, ...args] }, { input, timeoutMs: 90_000 });
}
