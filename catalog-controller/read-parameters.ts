import { mergeParameters, parameterSecrets } from '../lib/catalog/parameters.ts';
import type { MergedParameters, ParameterSource } from '../lib/catalog/parameters.ts';
import type { ParametersFromSource } from '../lib/catalog/types.generated.ts';
import type { KubeClient } from '../lib/kube/client.ts';
import { SECRETS } from '../lib/kube/core-resources.ts';
import type { Secret } from '../lib/kube/core-resources.ts';

/** The parameters of an instance or binding, with what `parametersFrom` names read now. Each Secret is read once. */
export async function readParameters(
  kube: Pick<KubeClient, 'get'>,
  namespace: string,
  spec: {
    readonly parameters?: Record<string, unknown>;
    readonly parametersFrom?: ParametersFromSource[];
  },
  signal: AbortSignal,
): Promise<MergedParameters> {
  const secrets = new Map<string, Secret | undefined>();
  const sources: ParameterSource[] = [];
  for (const { name, key } of parameterSecrets(spec.parametersFrom)) {
    if (!secrets.has(name)) secrets.set(name, await kube.get(SECRETS, { namespace, name }, signal));
    const value = secrets.get(name)?.data?.[key];
    sources.push({ secretName: name, key, value: value === undefined ? undefined : Buffer.from(value, 'base64') });
  }
  return mergeParameters(spec.parameters, sources);
}
