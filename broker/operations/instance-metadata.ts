import type { InstanceMetadata, JsonObject } from '../../lib/osb/types.ts';
import type { InstanceRecord } from '../store/records.ts';

/** What the platform may show of a ready instance: which product it really is (spec.md "Service Instance Metadata"). */
export function instanceMetadata(instance: InstanceRecord): { metadata?: InstanceMetadata } & JsonObject {
  const { product, productVersion } = instance;
  if (product === undefined || productVersion === undefined) return {};
  return {
    metadata: {
      labels: { provider: product, version: productVersion },
      attributes: { server: instance.server, storageGB: String(instance.effective.storageGB) },
    },
  };
}
