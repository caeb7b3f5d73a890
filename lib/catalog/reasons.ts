/**
 * Every reason a condition or an Event of ours carries, with what it means. Programs and people search for these words,
 * so they are the original's wherever the original had one. docs/troubleshoot.md is held equal to this list by a test.
 */
export const REASONS = {
  // Brokers
  FetchedCatalog: 'The catalog of the broker was read and published.',
  FetchingCatalog: 'The catalog is being read; the broker takes its time.',
  ErrorFetchingCatalog: 'The catalog could not be read: the Secret, the connection or the answer of the broker.',
  ErrorGettingAuthCredentials: 'The Secret with the credentials for the broker is missing, unreadable or lacks a key.',
  ErrorSyncingCatalog:
    'The catalog was read but cannot be published: it is invalid, clashes with another broker, or a write failed.',
  DeletionBlockedByExistingInstances:
    'The broker is being deleted but still has instances; it goes when they are gone.',
  DeletedClusterServiceBrokerSuccessfully: 'The ClusterServiceBroker with its classes and plans was removed.',
  DeletedSuccessfully: 'The ServiceBroker with its classes and plans was removed.',

  // What instances and bindings wait for
  ReferencesNonexistentServiceClass: 'There is no class, or more than one, of the name that was ordered.',
  ReferencesNonexistentServicePlan: 'The class has no plan, or more than one, of the name that was ordered.',
  ReferencesNonexistentBroker: 'The broker that offers the class does not exist.',
  ReferencesDeletedServiceClass: 'The broker does not offer the class any more; nothing new can be ordered from it.',
  ReferencesDeletedServicePlan: 'The broker does not offer the plan any more; nothing new can be ordered from it.',
  ReferencesNonexistentInstance: 'The ServiceInstance the binding refers to does not exist.',
  ErrorInstanceRefsUnresolved: 'The ServiceInstance the binding refers to has no class and plan yet.',
  ErrorInstanceNotReady: 'The ServiceInstance the binding refers to is not ready.',
  ErrorNonbindableServiceClass: 'The class or plan does not allow bindings.',
  ErrorWithParameters:
    'The parameters cannot be put together: a Secret or key is missing, is not a JSON object, or a key occurs twice.',
  DuplicateExternalID: 'Another object of the cluster has the same external id and was there first.',
  PlanChangeNotAllowed: 'The class does not allow its instances to change their plan.',
  ErrorFindingNamespaceForInstance: 'The namespace of the object could not be read.',

  // Instances
  ProvisionRequestInFlight: 'The request to make the instance is being sent.',
  Provisioning: 'The broker is making the instance.',
  ProvisionedSuccessfully: 'The instance exists and can be used.',
  ProvisionCallFailed: 'The broker did not make the instance.',
  ErrorCallingProvision: 'The request to make the instance got no proper answer.',
  ClusterServiceBrokerReturnedFailure:
    'The broker refused the request for good; it is not sent again until the spec changes.',
  StartingInstanceOrphanMitigation:
    'It is unknown what a failed attempt left behind; it is being removed before the next one.',
  OrphanMitigationSuccessful: 'What a failed attempt may have left behind was removed.',
  OrphanMitigationFailed: 'What a failed attempt may have left behind could not be removed.',
  UpdateInstanceRequestInFlight: 'The request to change the instance is being sent.',
  UpdatingInstance: 'The broker is changing the instance.',
  InstanceUpdatedSuccessfully: 'The instance was changed and can be used.',
  UpdateInstanceCallFailed: 'The broker did not change the instance; it goes on as it was.',
  ErrorCallingUpdateInstance: 'The request to change the instance got no proper answer.',
  DeprovisionRequestInFlight: 'The request to remove the instance is being sent.',
  Deprovisioning: 'The broker is removing the instance.',
  DeprovisionedSuccessfully: 'The instance was removed.',
  DeprovisionCallFailed: 'The broker did not remove the instance.',
  DeprovisionBlockedByExistingCredentials:
    'The instance is being deleted but still has bindings; it goes when they are gone.',
  ErrorPollingLastOperation: 'The broker could not be asked how an operation stands.',
  ErrorReconciliationRetryTimeout: 'It was tried for as long as is allowed, in vain.',

  // Bindings
  BindingRequestInFlight: 'The request for credentials is being sent.',
  Binding: 'The broker is making the credentials.',
  InjectedBindResult: 'The Secret holds the credentials.',
  ErrorInjectingBindResult:
    'The Secret cannot be written, for example because one of that name belongs to somebody else.',
  BindCallFailed: 'The broker did not make credentials.',
  ServiceBindingReturnedFailure: 'The broker refused the binding.',
  ServiceBindingNeedsOrphanMitigation:
    'It is unknown what a failed attempt left behind; it is being removed before the next one.',
  FetchingBindingFailed: 'The broker made the binding but does not hand out its credentials.',
  UnbindingRequestInFlight: 'The request to remove the credentials is being sent.',
  Unbinding: 'The broker is removing the credentials.',
  UnboundSuccessfully: 'The credentials were removed.',
  UnbindCallFailed: 'The broker did not remove the credentials.',
  ErrorEjectingServiceBinding: 'The Secret with the credentials could not be removed.',
  ErrorAsyncOperationInProgress: 'The instance is being worked on; the binding waits for that to end.',
  SecretRestored: 'The Secret was missing or had been changed and was written again.',
} as const;

export type Reason = keyof typeof REASONS;
