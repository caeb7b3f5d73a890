import type { AdmissionRequest, Facts, Need } from '../admission.ts';
import { SECRETS } from '../../kube/core-resources.ts';

/** A Secret that a controller will read on behalf of whoever wrote the object. */
export interface ReadSecret {
  readonly namespace: string;
  readonly name: string;
}

/** Asks whether the user may read each of the Secrets. Otherwise one could read any through our controllers' rights. */
export function accessNeeds(secrets: readonly ReadSecret[]): Need[] {
  return secrets.map((secret) => ({
    id: needId(secret),
    type: 'access',
    verb: 'get',
    group: SECRETS.group,
    plural: SECRETS.plural,
    namespace: secret.namespace,
    name: secret.name,
  }));
}

/** The Secrets the user may not read. What was not looked up counts as not allowed. */
export function forbiddenSecrets(secrets: readonly ReadSecret[], facts: Facts): ReadSecret[] {
  return secrets.filter((secret) => facts.access.get(needId(secret)) !== true);
}

/** The namespace of the object in a request. */
export function namespaceOf(request: AdmissionRequest): string {
  return request.namespace ?? request.object?.metadata.namespace ?? '';
}

function needId({ namespace, name }: ReadSecret): string {
  return `read secret ${namespace}/${name}`;
}
