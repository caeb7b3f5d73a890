import type { KubeObject } from '../../lib/kube/objects.ts';
import { UsageError } from '../../lib/runtime/errors.ts';
import type { KindName, ScopeChoice } from '../kinds.ts';
import { isNamespaceMissing, listAll } from '../lookup.ts';
import { documentOf } from '../output/document.ts';
import type { OutputFormat } from '../output/document.ts';
import { table } from '../output/table.ts';
import type { Session } from '../session.ts';
import { viewOf, VIEWS } from '../view/kind-view.ts';

export interface SelectOptions {
  readonly allNamespaces?: boolean;
  readonly scope: ScopeChoice;
}

export interface GetOptions extends SelectOptions {
  readonly output: OutputFormat;
}

/** `svcat get KIND [NAME]`. */
export async function getCommand(
  session: Session,
  kind: KindName,
  name: string | undefined,
  options: GetOptions,
): Promise<number> {
  const objects = await select(session, kind, name, options);
  if (
    objects.length === 0 &&
    looksInNamespace(kind, options) &&
    (await isNamespaceMissing(session.kube, session.namespace))
  ) {
    session.terminal.note(`svcat: there is no namespace "${session.namespace}"; -A looks in all there are`);
    return 1;
  }
  if (options.output !== 'table') {
    session.terminal.print(documentOf(objects, name !== undefined, options.output));
    return 0;
  }
  if (objects.length === 0) {
    const where =
      options.allNamespaces === true || options.scope === 'cluster' ? '' : ` in namespace ${session.namespace}`;
    session.terminal.note(`no ${PLURALS[kind]} found${where}`);
    return 0;
  }
  const { columns } = viewOf(kind);
  const context = { now: Date.now(), classNames: await classNames(session, kind, options) };
  const rows = objects.map((object) => columns.map(({ value }) => value(object, context)));
  session.terminal.print(
    table(
      columns.map(({ header }) => header),
      rows,
    ),
  );
  return 0;
}

/** The objects of a kind the user means. Throws UsageError when they named one that is not there. */
export async function select(
  { kube, namespace }: Session,
  kind: KindName,
  name: string | undefined,
  options: SelectOptions,
): Promise<KubeObject[]> {
  const view = viewOf(kind);
  const resources = view.resources(options.scope);
  const objects = await listAll(kube, resources, options.allNamespaces ? undefined : namespace);
  if (name === undefined) return objects;
  const found = objects.filter((object) => view.names(object).includes(name));
  if (found.length > 0) return found;
  const elsewhere = looksInNamespace(kind, options);
  const missing = elsewhere && (await isNamespaceMissing(kube, namespace)) ? ', which does not exist' : '';
  const where = elsewhere ? ` in namespace ${namespace}${missing}; look with -A in all` : '';
  throw new UsageError(`there is no ${kind} "${name}"${where}; "svcat get ${PLURALS[kind]}" lists what there is`);
}

function looksInNamespace(kind: KindName, { scope, allNamespaces }: SelectOptions): boolean {
  return (
    allNamespaces !== true &&
    viewOf(kind)
      .resources(scope)
      .some(({ namespaced }) => namespaced)
  );
}

/** External names of classes for the column of a plan. */
export async function classNames(
  { kube, namespace }: Session,
  kind: KindName,
  options: SelectOptions,
): Promise<Map<string, string>> {
  if (kind !== 'plan') return new Map();
  const classes = await listAll(
    kube,
    VIEWS.class.resources(options.scope),
    options.allNamespaces ? undefined : namespace,
  );
  return new Map(classes.map(({ metadata, spec }) => [metadata.name ?? '', spec.externalName]));
}

const PLURALS: Readonly<Record<KindName, string>> = {
  broker: 'brokers',
  class: 'classes',
  plan: 'plans',
  instance: 'instances',
  binding: 'bindings',
};
