import { describe, expect, test } from '@jest/globals';
import { documents, loadCrds, schemaValidator } from './load.ts';

const validators = new Map(Array.from(loadCrds(), ([kind, { schema }]) => [kind, schemaValidator(schema)]));

const wellKnown = `
apiVersion: servicecatalog.k8s.io/v1beta1
kind: ClusterServiceBroker
metadata: { name: cloud-broker }
spec:
  url: https://broker.example.com
  caBundle: LS0tLS1CRUdJTg==
  authInfo: { basic: { secretRef: { namespace: catalog, name: broker-auth } } }
  relistBehavior: Duration
  relistDuration: 1h30m
  catalogRestrictions:
    serviceClass: ["spec.externalName in (cloud-mysql, cloud-postgresql)"]
    servicePlan: ["spec.free==true"]
---
apiVersion: servicecatalog.k8s.io/v1beta1
kind: ServiceBroker
metadata: { name: own-broker, namespace: test-ns }
spec: { url: "http://broker:8080", authInfo: { bearer: { secretRef: { name: token } } }, relistBehavior: "" }
---
apiVersion: servicecatalog.k8s.io/v1beta1
kind: ServiceInstance
metadata: { name: my-db-instance, namespace: test-ns }
spec:
  clusterServiceClassExternalName: cloud-mysql
  clusterServicePlanExternalName: standard
  parameters: { storageGB: 20, version: "5.7" }
---
apiVersion: servicecatalog.k8s.io/v1beta1
kind: ServiceInstance
metadata: { name: by-name, namespace: test-ns }
spec:
  serviceClassName: abc
  servicePlanName: def
  externalID: ""
  updateRequests: 0
  parametersFrom: [{ secretKeyRef: { name: secret-name, key: secret-parameters } }]
---
apiVersion: servicecatalog.k8s.io/v1beta1
kind: ServiceBinding
metadata: { name: my-db-binding, namespace: test-ns }
spec:
  instanceRef: { name: my-db-instance }
  secretName: my-db-credentials
  secretTransforms:
    - renameKey: { from: USERNAME, to: user }
    - addKey: { key: url, jsonPathExpression: "{.host}:{.port}" }
    - addKey: { key: fixed, stringValue: "" }
    - addKeysFrom: { secretRef: { namespace: other, name: more } }
    - removeKey: { key: old }
---
apiVersion: servicecatalog.k8s.io/v1beta1
kind: ClusterServiceClass
metadata: { name: abc }
spec:
  clusterServiceBrokerName: cloud-broker
  externalName: cloud-mysql
  externalID: 4f6e6cf6-ffdd-425f-a2c7-3c9258ad2468
  description: MySQL databases
  bindable: true
  bindingRetrievable: false
  planUpdatable: true
  externalMetadata: { displayName: MySQL, nested: [1, null] }
---
apiVersion: servicecatalog.k8s.io/v1beta1
kind: ServicePlan
metadata: { name: def, namespace: test-ns }
spec:
  serviceBrokerName: own-broker
  serviceClassRef: { name: abc }
  externalName: standard
  externalID: "1"
  description: Standard
  free: true
  instanceCreateParameterSchema: { type: object, properties: { size: { type: integer } } }
`;

test.each(documents(wellKnown).map((document) => [document.kind, document] as const))(
  'a %s as the documentation has it is valid',
  (kind, document) => {
    const validate = validators.get(kind)!;
    validate(document);
    expect(validate.errors ?? []).toEqual([]);
  },
);

describe('what is refused', () => {
  const cases: [reason: string, kind: string, spec: Record<string, unknown>][] = [
    ['an instance without a class', 'ServiceInstance', { parameters: {} }],
    ['an instance with two classes', 'ServiceInstance', { clusterServiceClassName: 'a', serviceClassName: 'a' }],
    [
      'an instance with a plan named another way than its class',
      'ServiceInstance',
      { clusterServiceClassExternalName: 'a', clusterServicePlanName: 'b' },
    ],
    [
      'an instance with a class of the cluster and a plan of the namespace',
      'ServiceInstance',
      { clusterServiceClassName: 'a', servicePlanName: 'b' },
    ],
    [
      'an instance with two plans',
      'ServiceInstance',
      { clusterServiceClassName: 'a', clusterServicePlanName: 'b', clusterServicePlanExternalName: 'c' },
    ],
    ['a class name of 64 characters', 'ServiceInstance', { clusterServiceClassExternalName: 'a'.repeat(64) }],
    ['parameters that are no object', 'ServiceInstance', { clusterServiceClassName: 'a', parameters: [1] }],
    ['a negative counter', 'ServiceInstance', { clusterServiceClassName: 'a', updateRequests: -1 }],
    [
      'a source of parameters without a key',
      'ServiceInstance',
      { clusterServiceClassName: 'a', parametersFrom: [{ secretKeyRef: { name: 'a' } }] },
    ],
    ['a field nobody knows', 'ServiceInstance', { clusterServiceClassName: 'a', plan: 'b' }],
    ['a binding without an instance', 'ServiceBinding', { secretName: 'a' }],
    ['a name of an instance that is no name', 'ServiceBinding', { instanceRef: { name: 'My_DB' } }],
    [
      'a transform that is two',
      'ServiceBinding',
      {
        instanceRef: { name: 'a' },
        secretTransforms: [{ removeKey: { key: 'a' }, renameKey: { from: 'a', to: 'b' } }],
      },
    ],
    [
      'a key to add without a value',
      'ServiceBinding',
      { instanceRef: { name: 'a' }, secretTransforms: [{ addKey: { key: 'a' } }] },
    ],
    ['a broker without a URL', 'ClusterServiceBroker', { relistRequests: 1 }],
    ['an unknown way to read the catalog again', 'ServiceBroker', { url: 'a', relistBehavior: 'Never' }],
    ['a duration that is none', 'ServiceBroker', { url: 'a', relistDuration: '15 minutes' }],
    ['authentication of neither kind', 'ServiceBroker', { url: 'a', authInfo: {} }],
    [
      'authentication of both kinds',
      'ServiceBroker',
      { url: 'a', authInfo: { basic: { secretRef: { name: 'a' } }, bearer: { secretRef: { name: 'a' } } } },
    ],
    [
      'a Secret without a namespace for a broker of the cluster',
      'ClusterServiceBroker',
      { url: 'a', authInfo: { basic: { secretRef: { name: 'a' } } } },
    ],
    [
      'a plan without a class',
      'ClusterServicePlan',
      { clusterServiceBrokerName: 'a', externalName: 'a', externalID: 'a', description: 'a' },
    ],
  ];

  test.each(cases)('%s', (_reason, kind, spec) => {
    const validate = validators.get(kind)!;
    expect(validate({ metadata: { name: 'a' }, spec })).toBe(false);
  });
});

test('names of 63 characters fit and of 64 do not, where brokers give them', () => {
  const validate = validators.get('ServiceInstance')!;
  expect(validate({ metadata: {}, spec: { serviceClassExternalID: 'a'.repeat(63) } })).toBe(true);
  expect(validate({ metadata: {}, spec: { serviceClassExternalID: 'a'.repeat(64) } })).toBe(false);
});
