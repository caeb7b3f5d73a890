import { describe, expect, test } from '@jest/globals';
import { offeringChanges } from '../../../../catalog-controller/broker/catalog-changes.ts';
import { desiredCatalog } from '../../../../lib/catalog/catalog-objects.ts';
import { CLUSTER_SCOPE } from '../../../../lib/catalog/scope.ts';
import type { ClusterServiceBroker, ClusterServiceClass } from '../../../../lib/catalog/types.generated.ts';
import type { ServiceOffering } from '../../../../lib/osb/types.ts';

const broker: ClusterServiceBroker = { metadata: { name: 'mine', uid: 'u1' }, spec: { url: 'http://mine' } };

function classesOf(...names: string[]): ClusterServiceClass[] {
  const services = names.map((name): ServiceOffering => ({
    id: `${name}-id`,
    name,
    description: 'd',
    bindable: true,
    plans: [{ id: `${name}-plan`, name: 'plan', description: 'd' }],
  }));
  const nothing = { classes: [], plans: [] };
  const { classes } = desiredCatalog(CLUSTER_SCOPE, broker, { services }, nothing, nothing);
  return classes as ClusterServiceClass[];
}

const changes = (
  desired: ClusterServiceClass[],
  existing: ClusterServiceClass[],
  faults: string[] = [],
): { readonly written: string[]; readonly faults: readonly string[] } => {
  const result = offeringChanges(CLUSTER_SCOPE, broker, desired, existing, faults);
  return {
    written: result.changes.map(
      (change) =>
        `${change.type}${change.type === 'mark' ? ` ${change.removed}` : ''} ${change.object.spec.externalName}`,
    ),
    faults: result.faults,
  };
};

describe('bringing classes up to the catalog', () => {
  test('makes what is new and leaves alone what is as it should be', () => {
    expect(changes(classesOf('a', 'b'), classesOf('a')).written).toEqual(['create b']);
  });

  test('changes what differs, and marks what is gone', () => {
    const [a, b] = classesOf('a', 'b');
    const stale = { ...a!, spec: { ...a!.spec, description: 'old' } };
    expect(changes(classesOf('a'), [stale, b!]).written).toEqual(['update a', 'mark true b']);
  });

  test('takes the mark off what is back', () => {
    const [a] = classesOf('a');
    expect(changes(classesOf('a'), [{ ...a!, status: { removedFromBrokerCatalog: true } }]).written).toEqual([
      'mark false a',
    ]);
  });

  test('keeps away from what belongs to another broker, and goes on with the rest', () => {
    const [a] = classesOf('a');
    const theirs = { ...a!, spec: { ...a!.spec, clusterServiceBrokerName: 'theirs' } };
    const result = changes(classesOf('a', 'b'), [theirs]);
    expect(result.written).toEqual(['create b']);
    expect(result.faults).toEqual([
      'ClusterServiceClass azmz already exists for Broker theirs'.replace('azmz', a!.metadata.name!),
    ]);
  });

  test('marks nothing as long as something is faulty', () => {
    expect(changes(classesOf('a'), classesOf('a', 'b'), ['a service without plans']).written).toEqual([]);
  });

  test('keeps its hands off what a user made', () => {
    const [a] = classesOf('a');
    const { ownerReferences: _, ...metadata } = a!.metadata;
    const copy = { ...a!, metadata: { ...metadata, name: 'copy' } };
    expect(changes(classesOf('a'), [a!, copy]).written).toEqual([]);
  });
});
