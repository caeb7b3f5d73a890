import { dirname, isAbsolute, join } from 'node:path';
import { parse } from 'yaml';
import { UsageError } from '../runtime/errors.ts';

/** The cluster, user and namespace a context of a kubeconfig names, with the names users know them by. */
export interface KubeContext {
  readonly name: string;
  readonly namespace: string | undefined;
  readonly cluster: NamedEntry;
  readonly user: NamedEntry;
}

/** One entry of `clusters` or `users`, as it stands in the file. */
export interface NamedEntry {
  readonly name: string;
  readonly fields: Readonly<Record<string, unknown>>;
  /** The folder that relative paths in it start from; undefined when the text came from no file. */
  readonly folder: string | undefined;
}

/** The text of a kubeconfig and where it came from. */
export interface KubeconfigText {
  readonly text: string;
  /** Path of the file, for messages and relative paths; undefined for text handed over in memory. */
  readonly path: string | undefined;
}

interface Entry {
  readonly name: string;
  readonly entry: NamedEntry;
}

/**
 * Reads the context `contextName` (the current one when absent) out of one or several kubeconfigs, merged as kubectl
 * merges the files of `KUBECONFIG`: whoever names a thing first wins.
 *
 * Throws {@link UsageError} that says what is wrong and where.
 */
export function readContext(sources: readonly KubeconfigText[], contextName?: string): KubeContext {
  const where = sources.map((source) => source.path ?? 'the given kubeconfig').join(', ');
  const contexts: Entry[] = [];
  const clusters: Entry[] = [];
  const users: Entry[] = [];
  let current = contextName;
  for (const source of sources) {
    const document = parseDocument(source);
    contexts.push(...entries(document, 'contexts', 'context', source));
    clusters.push(...entries(document, 'clusters', 'cluster', source));
    users.push(...entries(document, 'users', 'user', source));
    current ??= nonEmptyText(document['current-context']);
  }
  if (current === undefined) {
    throw new UsageError(`${where}: no current-context is set; name one (kubectl config use-context NAME)`);
  }
  const context = find(contexts, current, `context`, where);
  const clusterName = nonEmptyText(context.fields['cluster']);
  if (clusterName === undefined) throw new UsageError(`${where}: context "${current}" names no cluster`);
  const userName = nonEmptyText(context.fields['user']);
  return {
    name: current,
    namespace: nonEmptyText(context.fields['namespace']),
    cluster: find(clusters, clusterName, 'cluster', where),
    user: userName === undefined ? { name: '', fields: {}, folder: undefined } : find(users, userName, 'user', where),
  };
}

/** A field that must be text when it is there; an empty one counts as absent. */
export function textField(entry: NamedEntry, field: string): string | undefined {
  const value = entry.fields[field];
  if (value === undefined || value === null || value === '') return undefined;
  if (typeof value !== 'string') throw new UsageError(`kubeconfig entry "${entry.name}": ${field} must be a string`);
  return value;
}

/** A field that names a file, made absolute from the kubeconfig's own folder. */
export function pathField(entry: NamedEntry, field: string): string | undefined {
  const path = textField(entry, field);
  if (path === undefined || isAbsolute(path) || entry.folder === undefined) return path;
  return join(entry.folder, path);
}

function parseDocument(source: KubeconfigText): Record<string, unknown> {
  const name = source.path ?? 'the given kubeconfig';
  let document: unknown;
  try {
    document = parse(source.text);
  } catch {
    // The parser quotes the line it stopped at, and that may be a key or a token.
    throw new UsageError(`${name} is not valid YAML`);
  }
  if (!isRecord(document)) throw new UsageError(`${name} is not a kubeconfig: it must be a YAML mapping`);
  return document;
}

function entries(
  document: Record<string, unknown>,
  list: string,
  member: string,
  source: KubeconfigText,
): readonly Entry[] {
  const value = document[list] ?? [];
  const name = source.path ?? 'the given kubeconfig';
  if (!Array.isArray(value)) throw new UsageError(`${name}: ${list} must be a list`);
  return value.map((item: unknown, index) => {
    if (!isRecord(item) || typeof item['name'] !== 'string') {
      throw new UsageError(`${name}: ${list}[${index}] must be a mapping with a name`);
    }
    const fields = item[member] ?? {};
    if (!isRecord(fields)) throw new UsageError(`${name}: ${list}[${index}].${member} must be a mapping`);
    const folder = source.path === undefined ? undefined : dirname(source.path);
    return { name: item['name'], entry: { name: item['name'], fields, folder } };
  });
}

function find(list: readonly Entry[], name: string, what: string, where: string): NamedEntry {
  const found = list.find((entry) => entry.name === name);
  if (found !== undefined) return found.entry;
  const known = list.map((entry) => entry.name).join(', ');
  throw new UsageError(`${where}: there is no ${what} "${name}"; it has ${known === '' ? 'none' : known}`);
}

function nonEmptyText(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
