import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';
import type { KubeClient } from '../lib/kube/client.ts';
import type { KubeObject, Resource } from '../lib/kube/objects.ts';
import { waitUntil } from './processes/wait-until.ts';

interface CustomResourceDefinition extends KubeObject {
  spec?: object;
  status?: { conditions?: { type: string; status: string }[] };
}

const DEFINITIONS: Resource<CustomResourceDefinition> = {
  group: 'apiextensions.k8s.io',
  version: 'v1',
  kind: 'CustomResourceDefinition',
  plural: 'customresourcedefinitions',
  namespaced: false,
};

/** Teaches a cluster the kinds in `folder`, or brings them up to date, and waits until it serves them. */
export async function installDefinitions(kube: KubeClient, folder: string, signal: AbortSignal): Promise<void> {
  const files = (await readdir(folder)).filter((file) => file.endsWith('.yaml'));
  for (const file of files) {
    const definition = parse(await readFile(join(folder, file), 'utf8')) as CustomResourceDefinition;
    const name = definition.metadata.name ?? '';
    const present = await kube.get(DEFINITIONS, { name }, signal);
    if (!present) await kube.create(DEFINITIONS, definition, signal);
    else if (!includes(present.spec, definition.spec)) {
      await kube.patch(DEFINITIONS, { name }, { type: 'merge', body: { spec: definition.spec } }, { signal });
    }
    await waitUntil(async () => (isEstablished(await kube.get(DEFINITIONS, { name }, signal)) ? true : undefined), {
      what: `the kind ${name}`,
      timeoutMs: 60_000,
      signal,
    });
  }
}

/** Whether everything in `wanted` is in `present` too; a server adds its defaults to what it is given. */
export function includes(present: unknown, wanted: unknown): boolean {
  if (typeof wanted !== 'object' || wanted === null) return present === wanted;
  if (typeof present !== 'object' || present === null) return false;
  if (Array.isArray(wanted) && (!Array.isArray(present) || present.length !== wanted.length)) return false;
  const members = present as Record<string, unknown>;
  return Object.entries(wanted).every(([key, value]) => includes(members[key], value));
}

function isEstablished(definition: CustomResourceDefinition | undefined): boolean {
  return (
    definition?.status?.conditions?.some(({ type, status }) => type === 'Established' && status === 'True') ?? false
  );
}
