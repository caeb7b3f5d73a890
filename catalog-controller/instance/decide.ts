import { isTrue } from '../../lib/catalog/conditions.ts';
import { FINALIZER } from '../../lib/catalog/resources.ts';
import type { ServiceInstanceStatus } from '../../lib/catalog/types.generated.ts';
import { isPostponed } from '../operation/record.ts';
import { describeRival } from '../operation/rivals.ts';
import type { InstanceAction } from './action.ts';
import { decideDeletion, decideMitigation } from './decide-removal.ts';
import { decidePoll } from './decide-poll.ts';
import { decideProvision } from './decide-provision.ts';
import { decideUpdate } from './decide-update.ts';
import type { InstanceObserved, Resolution } from './observed.ts';
import { notReady, waitForRetry } from './report.ts';

/**
 * What to do about a ServiceInstance now. Pure: the same observation gives the same action.
 *
 * The states, by what the status says:
 * - *removing*: the object is being deleted; see decide-removal.ts.
 * - *mitigating* (`orphanMitigationInProgress`): an attempt to provision may have left something at the broker. It is
 *   removed, whether or not bindings wait for the instance: none of them can have been bound. Left by success only.
 * - *asynchronous* (`asyncOpInProgress`): the broker works; polled until it says how it ended or time is up.
 * - *settled*: the present generation is Ready, or Failed. Left by a change of the spec.
 * - *postponed* (`retry.nextAttemptTime` ahead): left by time, or by a change of the spec.
 * - otherwise the instance is provisioned, or, once it is, updated: intent first, then the call.
 */
export function decideInstance(observed: InstanceObserved): InstanceAction {
  const { metadata, spec, status = {} } = observed.instance;
  const deleting = metadata.deletionTimestamp !== undefined;
  const finalized = metadata.finalizers?.includes(FINALIZER) ?? false;
  if (deleting) return finalized ? decideDeletion(observed, status) : { type: 'wait' };
  if (!finalized || spec.externalID === undefined || spec.externalID === '') return adopt(observed);
  if (status.orphanMitigationInProgress === true) return decideMitigation(observed, status);
  if (status.asyncOpInProgress === true) return decidePoll(observed, status);
  return decideService(observed, status);
}

/** Provisioning or updating: everything that has to be in place first is checked here. */
function decideService(observed: InstanceObserved, status: ServiceInstanceStatus): InstanceAction {
  const generation = observed.instance.metadata.generation ?? 1;
  if (isSettled(status, generation)) return { type: 'wait' };
  const { resolution } = observed;
  if (observed.rival !== undefined) {
    return notReady(
      observed,
      'DuplicateExternalID',
      `The external id is that of ${describeRival('ServiceInstance', observed.rival, observed.instance.metadata.namespace)}. ` +
        'Two instances cannot share one service; delete this one, or the other.',
    );
  }
  if (!resolution.found) return notReady(observed, resolution.reason, resolution.message);
  if (needsRefs(observed, resolution)) return adopt(observed);
  const removed = removedFromCatalog(observed, resolution, status);
  if (removed !== undefined) return removed;
  if (!observed.brokerUsable) {
    return notReady(
      observed,
      'ReferencesNonexistentBroker',
      `There is no broker ${resolution.target.broker.name}, or it is being deleted.`,
    );
  }
  if (observed.namespaceUid === undefined) {
    return notReady(observed, 'ErrorFindingNamespaceForInstance', 'The namespace of the instance is not known yet.');
  }
  if (isPostponed(status, generation, observed)) return waitForRetry(status);
  return status.provisionStatus === 'Provisioned'
    ? decideUpdate(observed, status, resolution)
    : decideProvision(observed, status, resolution);
}

function isSettled(status: ServiceInstanceStatus, generation: number): boolean {
  return (status.observedGeneration ?? 0) >= generation && (isTrue(status, 'Ready') || isTrue(status, 'Failed'));
}

/** A class or plan that the broker no longer lists takes no new instance and no plan change. */
function removedFromCatalog(
  observed: InstanceObserved,
  resolution: Extract<Resolution, { found: true }>,
  status: ServiceInstanceStatus,
): InstanceAction | undefined {
  const recorded =
    status.externalProperties?.clusterServicePlanExternalID ?? status.externalProperties?.servicePlanExternalID;
  const samePlan = status.provisionStatus === 'Provisioned' && recorded === resolution.target.planId;
  if (samePlan) return undefined;
  if (resolution.classRemoved) {
    return notReady(observed, 'ReferencesDeletedServiceClass', 'The broker does not offer this class any more.');
  }
  if (resolution.planRemoved) {
    return notReady(observed, 'ReferencesDeletedServicePlan', 'The broker does not offer this plan any more.');
  }
  if (status.provisionStatus === 'Provisioned' && !resolution.planUpdatable) {
    return notReady(
      observed,
      'PlanChangeNotAllowed',
      'The class does not allow an instance to change its plan. Set the plan back.',
    );
  }
  return undefined;
}

function needsRefs(observed: InstanceObserved, resolution: Extract<Resolution, { found: true }>): boolean {
  const { spec, metadata } = observed.instance;
  return (
    Object.entries(resolution.refs).some(
      ([field, ref]) =>
        (spec[field as keyof typeof spec] as { name?: string } | undefined)?.name !== (ref as { name?: string }).name,
    ) || Object.entries(resolution.labels).some(([label, value]) => metadata.labels?.[label] !== value)
  );
}

/** Everything a new object lacks, in one patch. */
function adopt(observed: InstanceObserved): InstanceAction {
  const { spec, metadata } = observed.instance;
  const externalID = spec.externalID ?? '';
  return {
    type: 'adopt',
    spec: {
      ...(externalID === '' ? { externalID: metadata.uid ?? '' } : {}),
      ...(observed.resolution.found ? observed.resolution.refs : {}),
    },
    labels: observed.resolution.found ? observed.resolution.labels : {},
  };
}
