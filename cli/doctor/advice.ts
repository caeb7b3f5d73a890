import type { Reason } from '../../lib/catalog/reasons.ts';

/** What a user can do about a condition, by its reason; reasons that need nobody to do anything are absent. */
const ADVICE: Partial<Record<Reason, string>> = {
  ErrorFetchingCatalog:
    'check that the broker runs, that spec.url, spec.caBundle and the Secret in spec.authInfo are right; it is tried again by itself',
  ErrorGettingAuthCredentials:
    'create the Secret named in spec.authInfo with the keys username and password (or token)',
  ErrorSyncingCatalog: 'have the broker correct its catalog, or remove the other broker that offers the same ids',
  DeletionBlockedByExistingInstances: 'delete the instances of this broker first (svcat get instances -A)',
  ReferencesNonexistentServiceClass: 'correct the class; svcat get classes lists what there is',
  ReferencesNonexistentServicePlan: 'correct the plan; svcat get plans lists what there is',
  ReferencesNonexistentBroker: 'register the broker again',
  ReferencesDeletedServiceClass: 'choose a class the broker still offers (svcat get classes)',
  ReferencesDeletedServicePlan: 'choose a plan the broker still offers (svcat get plans)',
  ReferencesNonexistentInstance: 'create the instance, or correct spec.instanceRef; the binding goes on by itself then',
  ErrorInstanceNotReady: 'the binding goes on by itself when its instance is ready',
  ErrorInstanceRefsUnresolved: 'the binding goes on by itself when its instance is ready',
  ErrorNonbindableServiceClass: 'choose a plan that can be bound; delete this binding',
  ErrorWithParameters: 'correct spec.parameters or the Secrets in spec.parametersFrom',
  DuplicateExternalID: 'choose another spec.externalID, or leave it out to get one of its own',
  PlanChangeNotAllowed: 'set the plan back; make a new instance for the other plan',
  ProvisionCallFailed: 'correct what the broker complains about in the spec; any change of it starts a new attempt',
  ClusterServiceBrokerReturnedFailure:
    'correct what the broker complains about in the spec; any change of it starts a new attempt',
  ErrorCallingProvision: 'check that the broker runs; it is tried again by itself',
  UpdateInstanceCallFailed: 'correct or take back the change; the instance goes on as it was',
  ErrorCallingUpdateInstance: 'check that the broker runs; it is tried again by itself',
  DeprovisionCallFailed: "look at the broker's log; it is tried again by itself",
  DeprovisionBlockedByExistingCredentials: 'delete the bindings of this instance first',
  OrphanMitigationFailed: "look at the broker's log for what it could not remove",
  ErrorPollingLastOperation: 'check that the broker runs; it is asked again by itself',
  ErrorReconciliationRetryTimeout:
    'remove the cause, then start a new attempt: add 1 to spec.updateRequests of an instance, or create the binding again',
  ErrorInjectingBindResult: 'delete or rename the Secret that is in the way, or choose another spec.secretName',
  BindCallFailed: 'correct what the broker complains about; bindings cannot be changed, so create it again',
  ServiceBindingReturnedFailure:
    'correct what the broker complains about; bindings cannot be changed, so create it again',
  FetchingBindingFailed: "look at the broker's log; then create the binding again",
  UnbindCallFailed: "look at the broker's log; it is tried again by itself",
  ErrorAsyncOperationInProgress: 'the binding goes on by itself when the instance is done',
};

/** Reasons that say that work is going on. */
const IN_PROGRESS: ReadonlySet<string> = new Set<Reason>([
  'ProvisionRequestInFlight',
  'Provisioning',
  'UpdateInstanceRequestInFlight',
  'UpdatingInstance',
  'DeprovisionRequestInFlight',
  'Deprovisioning',
  'StartingInstanceOrphanMitigation',
  'OrphanMitigationSuccessful',
  'ServiceBindingNeedsOrphanMitigation',
  'BindingRequestInFlight',
  'Binding',
  'UnbindingRequestInFlight',
  'Unbinding',
]);

export function adviceFor(reason: string): string {
  return (
    (Object.hasOwn(ADVICE, reason) ? ADVICE[reason as Reason] : undefined) ??
    "kubectl describe shows the events; the controller's log has more"
  );
}

export function isInProgress(reason: string): boolean {
  return IN_PROGRESS.has(reason);
}
