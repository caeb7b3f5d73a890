import { SERVICE_BINDINGS, SERVICE_INSTANCES } from '../../lib/catalog/resources.ts';
import { UsageError } from '../../lib/runtime/errors.ts';
import { diagnose } from '../doctor/diagnose.ts';
import type { Facts } from '../doctor/facts.ts';
import { gather } from '../doctor/gather.ts';
import { hasProblem, report } from '../doctor/report.ts';
import { parseTarget } from '../kinds.ts';
import { hint, namespacesWith } from '../lookup.ts';
import type { Session } from '../session.ts';

/** `svcat doctor INSTANCE|BINDING`: why it is not ready and what to do. Exit code 1 when something is wrong. */
export async function doctorCommand(session: Session, text: string): Promise<number> {
  const target = await resolveTarget(session, text);
  const findings = diagnose(await gather(session.kube, session.namespace, target));
  session.terminal.print(report(`${target.kind}/${target.name}`, findings));
  return hasProblem(findings) ? 1 : 0;
}

/** A name alone is looked for among instances and bindings. */
async function resolveTarget({ kube, namespace }: Session, text: string): Promise<Facts['target']> {
  const { kind, name } = parseTarget(text);
  const [instance, binding] = await Promise.all([
    kind === 'binding' ? undefined : kube.get(SERVICE_INSTANCES, { namespace, name }),
    kind === 'instance' ? undefined : kube.get(SERVICE_BINDINGS, { namespace, name }),
  ]);
  if (instance !== undefined && binding !== undefined) {
    throw new UsageError(`there is an instance and a binding "${name}"; say instance/${name} or binding/${name}`);
  }
  if (instance !== undefined) return { kind: 'instance', name };
  if (binding !== undefined) return { kind: 'binding', name };
  const elsewhere = [
    ...(kind === 'binding' ? [] : await namespacesWith(kube, SERVICE_INSTANCES, name)),
    ...(kind === 'instance' ? [] : await namespacesWith(kube, SERVICE_BINDINGS, name)),
  ];
  const what = kind === undefined ? 'neither an instance nor a binding' : `no ${kind}`;
  throw new UsageError(
    `there is ${what} "${name}" in namespace ${namespace}${hint([...new Set(elsewhere)], kind === 'binding' ? 'bindings' : 'instances')}`,
  );
}
