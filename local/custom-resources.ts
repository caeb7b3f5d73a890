import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';
import type { KubeClient } from '../lib/kube/client.ts';
import { isAlreadyExists } from '../lib/kube/client.ts';
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
    try {
      await kube.create(DEFINITIONS, definition, signal);
    } catch (thrown) {
      if (!isAlreadyExists(thrown)) throw thrown;
      await kube.patch(DEFINITIONS, { name }, { type: 'merge', body: { spec: definition.spec } }, { signal });
    }
    await waitUntil(async () => (isEstablished(await kube.get(DEFINITIONS, { name }, signal)) ? true : undefined), {
      what: `the kind ${name}`,
      timeoutMs: 60_000,
      signal,
    });
  }
}

function isEstablished(definition: CustomResourceDefinition | undefined): boolean {
  return (
    definition?.status?.conditions?.some(({ type, status }) => type === 'Established' && status === 'True') ?? false
  );
}
