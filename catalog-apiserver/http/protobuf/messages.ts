import type { Field, FieldType, Message } from './wire.ts';

/**
 * The messages kubectl and other Go clients send for built-in kinds, from Kubernetes' published `generated.proto`
 * files: `number: name` pairs that never change once released.
 */

function message(fields: Readonly<Record<number, [string, FieldType?, Field['many']?]>>): Message {
  return new Map(
    Object.entries(fields).map(([number, [name, type = 'string', many]]) => [
      Number(number),
      { name, type, ...(many === undefined ? {} : { many }) },
    ]),
  );
}

const OWNER_REFERENCE = message({
  1: ['kind'],
  3: ['name'],
  4: ['uid'],
  5: ['apiVersion'],
  6: ['controller', 'boolean'],
  7: ['blockOwnerDeletion', 'boolean'],
});

const OBJECT_META = message({
  1: ['name'],
  2: ['generateName'],
  3: ['namespace'],
  4: ['selfLink', 'ignored'],
  5: ['uid'],
  6: ['resourceVersion'],
  7: ['generation', 'integer'],
  8: ['creationTimestamp', 'time'],
  9: ['deletionTimestamp', 'time'],
  10: ['deletionGracePeriodSeconds', 'integer'],
  11: ['labels', 'string', 'map'],
  12: ['annotations', 'string', 'map'],
  13: ['ownerReferences', OWNER_REFERENCE, 'list'],
  14: ['finalizers', 'string', 'list'],
  17: ['managedFields', 'ignored', 'list'],
});

const CONDITION = message({
  1: ['type'],
  2: ['status'],
  4: ['lastTransitionTime', 'time'],
  5: ['reason'],
  6: ['message'],
});

const OBJECT_REFERENCE = message({
  1: ['kind'],
  2: ['namespace'],
  3: ['name'],
  4: ['uid'],
  5: ['apiVersion'],
  6: ['resourceVersion'],
  7: ['fieldPath'],
});

const RESOURCE_ATTRIBUTES = message({
  1: ['namespace'],
  2: ['verb'],
  3: ['group'],
  4: ['version'],
  5: ['resource'],
  6: ['subresource'],
  7: ['name'],
});

const NON_RESOURCE_ATTRIBUTES = message({ 1: ['path'], 2: ['verb'] });

/** `apiVersion/kind` to its message. */
export const MESSAGES: ReadonlyMap<string, Message> = new Map([
  [
    'v1/Namespace',
    message({
      1: ['metadata', OBJECT_META],
      2: ['spec', message({ 1: ['finalizers', 'string', 'list'] })],
      3: ['status', message({ 1: ['phase'], 2: ['conditions', CONDITION, 'list'] })],
    }),
  ],
  [
    'v1/Secret',
    message({
      1: ['metadata', OBJECT_META],
      2: ['data', 'bytes', 'map'],
      3: ['type'],
      4: ['stringData', 'string', 'map'],
      5: ['immutable', 'boolean'],
    }),
  ],
  [
    'v1/ConfigMap',
    message({
      1: ['metadata', OBJECT_META],
      2: ['data', 'string', 'map'],
      3: ['binaryData', 'bytes', 'map'],
      4: ['immutable', 'boolean'],
    }),
  ],
  [
    'v1/Event',
    message({
      1: ['metadata', OBJECT_META],
      2: ['involvedObject', OBJECT_REFERENCE],
      3: ['reason'],
      4: ['message'],
      5: ['source', message({ 1: ['component'], 2: ['host'] })],
      6: ['firstTimestamp', 'time'],
      7: ['lastTimestamp', 'time'],
      8: ['count', 'integer'],
      9: ['type'],
      10: ['eventTime', 'time'],
      11: ['series', message({ 1: ['count', 'integer'], 2: ['lastObservedTime', 'time'] })],
      12: ['action'],
      13: ['related', OBJECT_REFERENCE],
      14: ['reportingComponent'],
      15: ['reportingInstance'],
    }),
  ],
  [
    'coordination.k8s.io/v1/Lease',
    message({
      1: ['metadata', OBJECT_META],
      2: [
        'spec',
        message({
          1: ['holderIdentity'],
          2: ['leaseDurationSeconds', 'integer'],
          3: ['acquireTime', 'time'],
          4: ['renewTime', 'time'],
          5: ['leaseTransitions', 'integer'],
          6: ['strategy'],
          7: ['preferredHolder'],
        }),
      ],
    }),
  ],
  [
    'authorization.k8s.io/v1/SelfSubjectAccessReview',
    message({
      1: ['metadata', OBJECT_META],
      2: [
        'spec',
        message({
          1: ['resourceAttributes', RESOURCE_ATTRIBUTES],
          2: ['nonResourceAttributes', NON_RESOURCE_ATTRIBUTES],
        }),
      ],
      3: ['status', 'ignored'],
    }),
  ],
  [
    'authorization.k8s.io/v1/SubjectAccessReview',
    message({
      1: ['metadata', OBJECT_META],
      2: [
        'spec',
        message({
          1: ['resourceAttributes', RESOURCE_ATTRIBUTES],
          2: ['nonResourceAttributes', NON_RESOURCE_ATTRIBUTES],
          3: ['user'],
          4: ['groups', 'string', 'list'],
          6: ['uid'],
        }),
      ],
      3: ['status', 'ignored'],
    }),
  ],
  ['authentication.k8s.io/v1/SelfSubjectReview', message({ 1: ['metadata', OBJECT_META], 2: ['status', 'ignored'] })],
  ...['v1', 'meta.k8s.io/v1'].map((version): [string, Message] => [
    `${version}/DeleteOptions`,
    message({
      1: ['gracePeriodSeconds', 'integer'],
      2: ['preconditions', message({ 1: ['uid'], 2: ['resourceVersion'] })],
      3: ['orphanDependents', 'boolean'],
      4: ['propagationPolicy'],
      5: ['dryRun', 'string', 'list'],
    }),
  ]),
]);
