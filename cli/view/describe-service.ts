import type { Event, Secret } from '../../lib/kube/core-resources.ts';
import { decodeSecretData } from '../../lib/catalog/credentials.ts';
import type { ServiceBinding, ServiceInstance } from '../../lib/catalog/types.generated.ts';
import { eventTime } from '../doctor/diagnose-events.ts';
import { age } from '../output/age.ts';
import type { Field } from '../output/description.ts';
import { yamlOf } from '../output/document.ts';
import { oneLine, table } from '../output/table.ts';
import { conditionLines, secretNameOf, statusText } from './kind-view.ts';
import { classText, planText } from './references.ts';

/** What `svcat describe` shows of instances and bindings. */

export function describeInstance(
  instance: ServiceInstance,
  bindings: readonly ServiceBinding[],
  events: readonly Event[],
  now: number,
): Field[] {
  const { metadata, spec, status } = instance;
  return [
    { label: 'Name', value: metadata.name },
    { label: 'Namespace', value: metadata.namespace },
    { label: 'Status', value: statusText(instance) },
    { label: 'Class', value: classText(instance) },
    { label: 'Plan', value: planText(instance) },
    { label: 'Dashboard', value: status?.dashboardURL },
    { label: 'Id at the broker', value: spec.externalID },
    { label: 'Age', value: age(metadata.creationTimestamp, now) },
    { label: 'Parameters', block: spec.parameters === undefined ? '' : yamlOf(spec.parameters) },
    { label: 'Parameters from', block: parametersFrom(spec) },
    { label: 'Conditions', block: conditionLines(status?.conditions, now) },
    {
      label: 'Bindings',
      block:
        bindings.length === 0
          ? ''
          : table(
              ['NAME', 'SECRET', 'STATUS'],
              bindings.map((binding) => [binding.metadata.name ?? '', secretNameOf(binding), statusText(binding)]),
            ),
    },
    { label: 'Events', block: eventLines(events, now) },
  ];
}

/** `showSecrets` writes the credentials in full; otherwise only how long each one is. */
export function describeBinding(
  binding: ServiceBinding,
  secret: Secret | undefined,
  events: readonly Event[],
  options: { readonly showSecrets: boolean; readonly now: number },
): Field[] {
  const { metadata, spec, status } = binding;
  const { now, showSecrets } = options;
  return [
    { label: 'Name', value: metadata.name },
    { label: 'Namespace', value: metadata.namespace },
    { label: 'Status', value: statusText(binding) },
    { label: 'Instance', value: spec.instanceRef.name },
    { label: 'Secret', value: secretNameOf(binding) },
    { label: 'Id at the broker', value: spec.externalID },
    { label: 'Age', value: age(metadata.creationTimestamp, now) },
    { label: 'Parameters', block: spec.parameters === undefined ? '' : yamlOf(spec.parameters) },
    { label: 'Parameters from', block: parametersFrom(spec) },
    { label: 'Conditions', block: conditionLines(status?.conditions, now) },
    {
      label: showSecrets ? 'Secret data' : 'Secret data (--show-secrets shows the values)',
      block: secret === undefined ? '' : secretLines(secret, showSecrets),
    },
    { label: 'Events', block: eventLines(events, now) },
  ];
}

function secretLines(secret: Secret, showSecrets: boolean): string {
  return Array.from(decodeSecretData(secret.data))
    .sort(([left], [right]) => left.localeCompare(right))
    .map(([key, bytes]) => {
      const value = showSecrets ? oneLine(Buffer.from(bytes).toString('utf8')) : `${bytes.byteLength} bytes`;
      return `${key}: ${value}`;
    })
    .join('\n');
}

function parametersFrom({ parametersFrom: sources }: ServiceInstance['spec'] | ServiceBinding['spec']): string {
  return (sources ?? []).map(({ secretKeyRef: { name, key } }) => `Secret ${name}, key ${key}`).join('\n');
}

function eventLines(events: readonly Event[], now: number): string {
  return events
    .slice(-10)
    .map(
      (event) =>
        `${age(eventTime(event), now)} ago  ${event.type ?? ''}  ${event.reason ?? ''}: ${oneLine(event.message ?? '')}`,
    )
    .join('\n');
}
