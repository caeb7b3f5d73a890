import type { AnyBroker, AnyClass, AnyPlan } from '../../lib/catalog/scope.ts';
import { age } from '../output/age.ts';
import type { Field } from '../output/description.ts';
import { yamlOf } from '../output/document.ts';
import { table } from '../output/table.ts';
import { conditionLines, offerStatus, statusText } from './kind-view.ts';

/** What `svcat describe` shows of brokers, classes and plans. */

export function describeBroker(broker: AnyBroker, now: number): Field[] {
  const { metadata, spec, status } = broker;
  const secret: { name: string; namespace?: string } | undefined =
    spec.authInfo?.basic?.secretRef ?? spec.authInfo?.bearer?.secretRef;
  const restrictions = spec.catalogRestrictions;
  return [
    { label: 'Name', value: metadata.name },
    { label: 'Namespace', value: metadata.namespace },
    { label: 'Status', value: statusText(broker) },
    { label: 'URL', value: spec.url },
    {
      label: 'Credentials',
      value: secret && `Secret ${secret.namespace === undefined ? '' : `${secret.namespace}/`}${secret.name}`,
    },
    { label: 'Trusts', value: trustText(spec) },
    {
      label: 'Catalog read',
      value: status?.lastCatalogRetrievalTime && `${age(status.lastCatalogRetrievalTime, now)} ago`,
    },
    { label: 'Read again', value: relistText(spec) },
    { label: 'Age', value: age(metadata.creationTimestamp, now) },
    { label: 'Restrictions', block: restrictions === undefined ? '' : yamlOf(restrictions) },
    { label: 'Conditions', block: conditionLines(status?.conditions, now) },
  ];
}

function trustText({ caBundle, insecureSkipTLSVerify }: AnyBroker['spec']): string {
  if (insecureSkipTLSVerify) return 'any certificate';
  return caBundle === undefined ? "the system's authorities" : 'the authorities in caBundle';
}

function relistText({ relistBehavior, relistDuration }: AnyBroker['spec']): string {
  if (relistBehavior === 'Manual') return 'when spec.relistRequests goes up';
  return relistDuration === undefined ? 'from time to time' : `every ${relistDuration}`;
}

export function describeClass(item: AnyClass, plans: readonly AnyPlan[]): Field[] {
  const { metadata, spec } = item;
  return [
    { label: 'Name', value: spec.externalName },
    { label: 'Namespace', value: metadata.namespace },
    { label: 'Object name', value: metadata.name },
    { label: 'External ID', value: spec.externalID },
    { label: 'Description', value: spec.description },
    { label: 'Status', value: offerStatus(item) },
    { label: 'Tags', value: spec.tags?.join(', ') },
    {
      label: 'Broker',
      value: 'clusterServiceBrokerName' in spec ? spec.clusterServiceBrokerName : spec.serviceBrokerName,
    },
    { label: 'Bindable', value: yesNo(spec.bindable ?? false) },
    { label: 'Plan can change', value: yesNo(spec.planUpdatable ?? false) },
    {
      label: 'Plans',
      block: table(
        ['NAME', 'STATUS', 'DESCRIPTION'],
        plans.map((plan) => [plan.spec.externalName, offerStatus(plan), plan.spec.description]),
      ),
    },
    { label: 'Metadata', block: spec.externalMetadata === undefined ? '' : yamlOf(spec.externalMetadata) },
  ];
}

export function describePlan(item: AnyPlan, ofClass: AnyClass | undefined): Field[] {
  const { metadata, spec } = item;
  const schema = (label: string, value: object | undefined): Field => ({
    label,
    block: value === undefined ? '' : yamlOf(value),
  });
  return [
    { label: 'Name', value: spec.externalName },
    { label: 'Namespace', value: metadata.namespace },
    { label: 'Object name', value: metadata.name },
    { label: 'External ID', value: spec.externalID },
    { label: 'Description', value: spec.description },
    { label: 'Status', value: offerStatus(item) },
    { label: 'Class', value: ofClass?.spec.externalName },
    { label: 'Free', value: spec.free === undefined ? undefined : yesNo(spec.free) },
    { label: 'Bindable', value: yesNo(spec.bindable ?? ofClass?.spec.bindable ?? false) },
    schema('Metadata', spec.externalMetadata),
    schema('Default parameters', spec.defaultProvisionParameters),
    schema('Schema of parameters to create an instance', spec.instanceCreateParameterSchema),
    schema('Schema of parameters to update an instance', spec.instanceUpdateParameterSchema),
    schema('Schema of parameters to create a binding', spec.serviceBindingCreateParameterSchema),
  ];
}

function yesNo(value: boolean): string {
  return value ? 'yes' : 'no';
}
