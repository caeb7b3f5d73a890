import { API_GROUP, CATALOG_RESOURCES, SERVICE_BINDINGS, SERVICE_INSTANCES } from '../../lib/catalog/resources.ts';
import { SCOPES } from '../../lib/catalog/scope.ts';

/**
 * What the API server is to send to the webhook, and what the webhook may do in the cluster. The chart's
 * WebhookConfigurations and ClusterRole are held equal to this by a test.
 */

export const MUTATE_PATH = '/mutate';
export const VALIDATE_PATH = '/validate';

/** The version of AdmissionReview that is spoken. */
export const REVIEW_VERSION = 'v1';

/** How long the API server waits for an answer, seconds. */
export const TIMEOUT_SECONDS = 10;

/** One entry of `webhooks` in a configuration, without `clientConfig`, which is the installation's. */
export interface WebhookEntry {
  readonly configuration: 'MutatingWebhookConfiguration' | 'ValidatingWebhookConfiguration';
  readonly path: typeof MUTATE_PATH | typeof VALIDATE_PATH;
  readonly webhook: {
    readonly name: string;
    readonly admissionReviewVersions: readonly string[];
    readonly rules: readonly {
      readonly apiGroups: readonly string[];
      readonly apiVersions: readonly string[];
      readonly operations: readonly ('CREATE' | 'UPDATE')[];
      readonly resources: readonly string[];
      readonly scope: '*';
    }[];
    readonly failurePolicy: 'Fail' | 'Ignore';
    readonly matchPolicy: 'Equivalent';
    readonly sideEffects: 'None';
    readonly timeoutSeconds: number;
    readonly reinvocationPolicy?: 'IfNeeded';
    /** Kubernetes 1.28 and later; earlier ones do not know the field, so it is left out there. */
    readonly matchConditions?: readonly { readonly name: string; readonly expression: string }[];
  };
}

const API_VERSIONS = [...new Set(CATALOG_RESOURCES.map(({ version }) => version))];

const OBJECTS = {
  apiGroups: [API_GROUP],
  apiVersions: API_VERSIONS,
  operations: ['CREATE', 'UPDATE'],
  resources: CATALOG_RESOURCES.map(({ plural }) => plural),
  scope: '*',
} as const;

/**
 * An object that is being deleted and keeps its spec is nobody's to hold up: its finalizer can be taken off while the
 * webhook is down, and when it was removed before what it had let in.
 */
const NOT_A_DELETION_GOING_ON = {
  name: 'not-a-deletion-going-on',
  expression:
    "!(request.operation == 'UPDATE' && has(oldObject.metadata.deletionTimestamp) && has(object.spec) && " +
    'has(oldObject.spec) && object.spec == oldObject.spec)',
} as const;

const COMMON = {
  admissionReviewVersions: [REVIEW_VERSION],
  matchPolicy: 'Equivalent',
  sideEffects: 'None',
} as const;

export const WEBHOOK_ENTRIES: readonly WebhookEntry[] = [
  {
    configuration: 'MutatingWebhookConfiguration',
    path: MUTATE_PATH,
    webhook: {
      name: `mutate.${API_GROUP}`,
      ...COMMON,
      rules: [OBJECTS],
      failurePolicy: 'Fail',
      timeoutSeconds: TIMEOUT_SECONDS,
      // Another webhook may change what ids, labels and the user's name depend on.
      reinvocationPolicy: 'IfNeeded',
      matchConditions: [NOT_A_DELETION_GOING_ON],
    },
  },
  {
    configuration: 'ValidatingWebhookConfiguration',
    path: VALIDATE_PATH,
    webhook: {
      name: `validate.${API_GROUP}`,
      ...COMMON,
      rules: [OBJECTS],
      failurePolicy: 'Fail',
      timeoutSeconds: TIMEOUT_SECONDS,
      matchConditions: [NOT_A_DELETION_GOING_ON],
    },
  },
  {
    configuration: 'ValidatingWebhookConfiguration',
    path: VALIDATE_PATH,
    webhook: {
      // A net below our own controllers, which alone write it: they must be able to go on without it, and soon.
      name: `binding-status.${API_GROUP}`,
      ...COMMON,
      rules: [{ ...OBJECTS, operations: ['UPDATE'], resources: [`${SERVICE_BINDINGS.plural}/status`] }],
      failurePolicy: 'Ignore',
      timeoutSeconds: 2,
    },
  },
];

/** The ClusterRole of the webhook: all it needs, and nothing by which it could change anything. */
export const CLUSTER_ROLE_RULES = [
  {
    apiGroups: [API_GROUP],
    resources: SCOPES.flatMap(({ classes, plans }) => [classes.plural, plans.plural]),
    verbs: ['get', 'list', 'watch'],
  },
  // The instance of a binding; all of them when a user chooses an id that must be nobody's yet.
  { apiGroups: [API_GROUP], resources: [SERVICE_INSTANCES.plural], verbs: ['get', 'list'] },
  // Whether the user may read a Secret the controllers are to read on the user's behalf.
  { apiGroups: ['authorization.k8s.io'], resources: ['subjectaccessreviews'], verbs: ['create'] },
] as const;
