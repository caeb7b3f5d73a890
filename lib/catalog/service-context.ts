import type { Context } from '../osb/types.ts';
import { PLATFORM } from './user-info.ts';

/** The OSB context of an instance and its bindings (OSB profile.md "Kubernetes"). */
export function serviceContext(instance: {
  readonly name: string;
  readonly namespace: string;
  readonly clusterId: string;
}): Context {
  return {
    platform: PLATFORM,
    namespace: instance.namespace,
    clusterid: instance.clusterId,
    instance_name: instance.name,
  };
}
