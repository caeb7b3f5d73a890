import { mkdtempSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { run } from '../../support/run.ts';
import type { Ended } from '../../support/run.ts';
import { HELM } from './variables.ts';

export type ChartName = 'service-catalog' | 'database-broker';
export const CHARTS: readonly ChartName[] = ['service-catalog', 'database-broker'];

const root = join(import.meta.dirname, '../../..');
export const chartFolder = (chart: ChartName): string => join(root, 'charts', chart);
const setsFolder = (chart: ChartName): string => join(root, 'test/charts/values', chart);

/** Sets of values that together change every value of a chart; their names. */
export const valueSets = (chart: ChartName): string[] =>
  readdirSync(setsFolder(chart)).map((file) => file.replace('.yaml', ''));

export const valueSetFile = (chart: ChartName, name: string): string => join(setsFolder(chart), `${name}.yaml`);

/** As much of a rendered object as the tests look at. */
export interface RenderedObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  readonly [field: string]: unknown;
}

let home: string | undefined;

/** Runs helm, however it ends, in a home of its own: what a user has configured has no part in it. */
export function tryHelm(args: readonly string[], input?: string): Promise<Ended> {
  home ??= mkdtempSync(join(tmpdir(), 'service-catalog-helm-'));
  const homes = {
    HELM_CACHE_HOME: `${home}/cache`,
    HELM_CONFIG_HOME: `${home}/config`,
    HELM_DATA_HOME: `${home}/data`,
  };
  return run(process.env[HELM] ?? 'helm', args, {
    env: { ...process.env, ...homes },
    ...(input === undefined ? {} : { input }),
  });
}

/** Runs helm and expects it to succeed; its standard output. */
export async function helm(args: readonly string[], input?: string): Promise<string> {
  const ended = await tryHelm(args, input);
  if (ended.code !== 0) throw new Error(`helm ${args.join(' ')} ended with ${ended.code}: ${ended.stderr}`);
  return ended.stdout;
}

export const NAMESPACE = 'service-catalog';

const rendered = new Map<string, Promise<RenderedObject[]>>();

/**
 * The objects of a chart for a release of its name, without looking at a cluster. The same ones when it is asked again
 * in the same suite.
 */
export function render(
  chart: ChartName,
  args: readonly string[],
  kubernetes = 'v1.34.4',
  namespace = NAMESPACE,
): Promise<RenderedObject[]> {
  const where = ['--namespace', namespace, '--kube-version', kubernetes];
  const command = ['template', chart, chartFolder(chart), ...where, ...args];
  const key = command.join(' ');
  const known = rendered.get(key) ?? helm(command).then(objectsIn);
  rendered.set(key, known);
  return known;
}

/** The objects in several documents of YAML. */
export function objectsIn(text: string): RenderedObject[] {
  return parseAllDocuments(text).flatMap((document) => {
    if (document.errors.length > 0) throw new Error(`${String(document.errors[0])} in\n${text}`);
    const object = document.toJS() as RenderedObject | null;
    return object === null ? [] : [object];
  });
}

/** The one object of this kind and, when it is given, this name. */
export function only(objects: readonly RenderedObject[], kind: string, name?: string): RenderedObject {
  const found = objects.filter(
    (object) => object.kind === kind && (name ?? object.metadata.name) === object.metadata.name,
  );
  if (found.length !== 1 || found[0] === undefined) throw new Error(`there are ${found.length} ${kind} ${name ?? ''}`);
  return found[0];
}
