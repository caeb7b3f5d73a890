/** What users do with kubectl, command by command, and what they read then. */

export interface Step {
  readonly args: readonly string[];
  /** Its standard input. */
  readonly input?: string;
  /** What is in its standard output; a text stands there as it is. */
  readonly prints?: readonly (string | RegExp)[];
  /** It ends with an error that has this in it. */
  readonly fails?: string | RegExp;
  /** A shell script that stands for the editor of `kubectl edit`. */
  readonly editor?: string;
}

export interface Scenario {
  /** Also the name of the file of its recording. */
  readonly name: string;
  readonly steps: readonly Step[];
}

const BROKER = `
apiVersion: servicecatalog.k8s.io/v1beta1
kind: ClusterServiceBroker
metadata:
  name: cloud-broker
spec:
  url: https://broker.example.com
`;

const instance = (storageGB: number, extra = ''): string => `
apiVersion: servicecatalog.k8s.io/v1beta1
kind: ServiceInstance
metadata:
  name: my-db-instance
  namespace: test-ns
spec:
  clusterServiceClassExternalName: cloud-mysql
  clusterServicePlanExternalName: standard
  parameters:
    storageGB: ${storageGB}
    version: "5.7"
${extra}`;

const NAMESPACE = ['create', 'namespace', 'test-ns'];
const IN = ['-n', 'test-ns'];
const INSTANCE = 'serviceinstance/my-db-instance';

const readyCondition = JSON.stringify({
  status: {
    lastConditionState: 'Ready',
    conditions: [
      {
        type: 'Ready',
        status: 'True',
        reason: 'ProvisionedSuccessfully',
        message: 'there',
        lastTransitionTime: '2026-01-01T00:00:00Z',
      },
    ],
  },
});

export const SCENARIOS: readonly Scenario[] = [
  {
    name: 'discovery',
    steps: [
      { args: ['version'], prints: ['Server Version: v1.32'] },
      {
        args: ['api-resources'],
        prints: [
          /namespaces +ns +v1 +false +Namespace/u,
          /serviceinstances +servicecatalog.k8s.io\/v1beta1 +true +ServiceInstance/u,
        ],
      },
      {
        args: ['api-resources', '--categories=svcat', '-o', 'name'],
        prints: ['servicebindings.servicecatalog.k8s.io'],
      },
      { args: ['api-versions'], prints: ['servicecatalog.k8s.io/v1beta1', 'coordination.k8s.io/v1'] },
      { args: ['get', 'crd'], prints: [/serviceinstances.servicecatalog.k8s.io +2\d{3}-/u] },
      {
        args: ['wait', '--for=condition=established', 'crd/serviceclasses.servicecatalog.k8s.io'],
        prints: ['condition met'],
      },
      {
        args: ['explain', 'serviceinstance.spec.parameters'],
        prints: ['KIND:       ServiceInstance', 'FIELD: parameters <Object>'],
      },
      {
        args: ['explain', 'secret', '--recursive'],
        prints: ['stringData	<map[string]string>', 'ownerReferences	<[]Object>'],
      },
      { args: ['explain', 'pod'], fails: `the server doesn't have a resource type "pod"` },
      { args: ['get', 'pods'], fails: `the server doesn't have a resource type "pods"` },
    ],
  },
  {
    name: 'access',
    steps: [
      { args: ['auth', 'whoami'], prints: [/Username +admin/u, 'system:masters'] },
      { args: ['auth', 'can-i', 'delete', 'secrets', '-A'], prints: ['yes'] },
      { args: ['auth', 'can-i', 'get', 'secrets', '--as', 'bob'], fails: 'no' },
      {
        args: ['get', 'secrets', '--as', 'bob'],
        fails:
          'secrets is forbidden: User "bob" cannot list resource "secrets" in API group "" in the namespace "default"',
      },
    ],
  },
  {
    name: 'built-in-kinds',
    steps: [
      { args: NAMESPACE, prints: ['namespace/test-ns created'] },
      { args: NAMESPACE, fails: 'namespaces "test-ns" already exists' },
      { args: ['get', 'namespaces'], prints: [/^NAME +STATUS +AGE/u, /test-ns +Active +\d+s/u] },
      {
        args: [
          ...IN,
          'create',
          'secret',
          'generic',
          'login',
          '--from-literal=user=me',
          '--from-literal=password=hunter2',
        ],
        prints: ['secret/login created'],
      },
      {
        args: [...IN, 'create', 'configmap', 'settings', '--from-literal=size=3'],
        prints: ['configmap/settings created'],
      },
      { args: ['-n', 'nowhere', 'create', 'configmap', 'settings'], fails: 'namespaces "nowhere" not found' },
      {
        args: [...IN, 'get', 'secret,configmap'],
        prints: [/secret\/login +Opaque +2 +\d+s/u, /configmap\/settings +1 +\d+s/u],
      },
      { args: [...IN, 'describe', 'secret', 'login'], prints: ['password:  7 bytes'] },
      { args: [...IN, 'get', 'secret', 'login', '-o', 'jsonpath={.data.password}'], prints: ['aHVudGVyMg=='] },
      { args: [...IN, 'label', 'secret', 'login', 'tier=db'], prints: ['labeled'] },
      { args: [...IN, 'annotate', 'configmap', 'settings', 'note=x'], prints: ['annotated'] },
      { args: [...IN, 'get', 'secrets', '-l', 'tier in (db)', '-o', 'name'], prints: ['secret/login'] },
      {
        args: ['get', 'secrets', '-A', '--field-selector', 'type=Opaque,metadata.namespace=test-ns', '-o', 'name'],
        prints: ['secret/login'],
      },
      {
        args: [
          ...IN,
          'patch',
          'configmap',
          'settings',
          '-p',
          '{"data":{"size":"4"},"metadata":{"finalizers":["example.com/hold"]}}',
        ],
        prints: ['patched'],
      },
      {
        args: [
          ...IN,
          'patch',
          'configmap',
          'settings',
          '-p',
          '{"metadata":{"$deleteFromPrimitiveList/finalizers":["example.com/hold"]}}',
        ],
        prints: ['patched'],
      },
      {
        args: [...IN, 'apply', '-f', '-'],
        input: 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: applied}\ndata: {a: "1", b: "2"}\n',
        prints: ['configmap/applied created'],
      },
      {
        args: [...IN, 'apply', '-f', '-'],
        input: 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: applied}\ndata: {a: "1", c: "3"}\n',
        prints: ['configmap/applied configured'],
      },
      { args: [...IN, 'get', 'configmap', 'applied', '-o', 'jsonpath={.data}'], prints: ['{"a":"1","c":"3"}'] },
      {
        args: [...IN, 'edit', 'configmap', 'applied'],
        editor: `sed -i 's/a: "1"/a: "9"/' "$1"`,
        prints: ['configmap/applied edited'],
      },
      { args: [...IN, 'delete', 'configmap', 'settings'], prints: ['configmap "settings" deleted'] },
      { args: [...IN, 'delete', 'secret', '--all'], prints: ['secret "login" deleted'] },
      { args: [...IN, 'get', 'secrets'], prints: [] },
      {
        args: ['delete', 'namespace', 'default'],
        fails: 'namespaces "default" is forbidden: this namespace may not be deleted',
      },
      { args: ['describe', 'namespace', 'test-ns'], prints: [/Status: +Active/u] },
      { args: ['delete', 'namespace', 'test-ns'], prints: ['namespace "test-ns" deleted'] },
      { args: ['get', 'namespace', 'test-ns'], fails: 'namespaces "test-ns" not found' },
    ],
  },
  {
    name: 'custom-kinds',
    steps: [
      { args: NAMESPACE },
      {
        args: ['apply', '-f', '-'],
        input: BROKER,
        prints: ['clusterservicebroker.servicecatalog.k8s.io/cloud-broker created'],
      },
      {
        args: ['apply', '-f', '-'],
        input: BROKER,
        prints: ['clusterservicebroker.servicecatalog.k8s.io/cloud-broker unchanged'],
      },
      { args: ['diff', '-f', '-'], input: instance(20), fails: /\+ {2}clusterServiceClassExternalName: cloud-mysql/u },
      {
        args: ['create', '-f', '-', '--dry-run=server', '-o', 'name'],
        input: instance(20),
        prints: ['serviceinstance.servicecatalog.k8s.io/my-db-instance'],
      },
      {
        args: ['apply', '-f', '-'],
        input: instance(20),
        prints: ['serviceinstance.servicecatalog.k8s.io/my-db-instance created'],
      },
      { args: ['diff', '-f', '-'], input: instance(30), fails: /-\s+storageGB: 20\n\+\s+storageGB: 30/u },
      { args: ['apply', '-f', '-'], input: instance(30), prints: ['configured'] },
      {
        args: [...IN, 'patch', INSTANCE, '--type=merge', '-p', '{"spec":{"parameters":{"storageGB":40}}}'],
        prints: ['patched'],
      },
      {
        args: [
          ...IN,
          'patch',
          INSTANCE,
          '--type=json',
          '-p',
          '[{"op":"test","path":"/spec/parameters/storageGB","value":40}]',
        ],
        prints: ['patched (no change)'],
      },
      {
        args: [...IN, 'patch', INSTANCE, '-p', '{"spec":{}}'],
        fails: 'application/strategic-merge-patch+json is not supported',
      },
      {
        args: ['apply', '--server-side', '-f', '-'],
        input: instance(30),
        fails: 'server-side apply is not supported by this server',
      },
      { args: [...IN, 'label', INSTANCE, 'a=b'], prints: ['labeled'] },
      { args: [...IN, 'edit', INSTANCE], editor: `sed -i 's/storageGB: 40/storageGB: 50/' "$1"`, prints: ['edited'] },
      {
        args: [...IN, 'patch', INSTANCE, '--subresource=status', '--type=merge', '-p', readyCondition],
        prints: ['patched'],
      },
      { args: [...IN, 'wait', '--for=condition=Ready', INSTANCE, '--timeout=5s'], prints: ['condition met'] },
      {
        args: [...IN, 'wait', '--for=jsonpath={.status.lastConditionState}=Ready', INSTANCE, '--timeout=5s'],
        prints: ['condition met'],
      },
      {
        args: [...IN, 'get', 'serviceinstances'],
        prints: [/^NAME +CLASS +PLAN +STATUS +AGE/u, /my-db-instance +Ready +\d+s/u],
      },
      {
        args: ['get', 'svcat', '-A'],
        prints: [/test-ns +serviceinstance.servicecatalog.k8s.io\/my-db-instance/u, /cloud-broker +https/u],
      },
      {
        args: [...IN, 'get', INSTANCE, '-o', 'jsonpath={.metadata.generation} {.spec.parameters.storageGB}'],
        prints: ['4 50'],
      },
      {
        args: ['create', '-f', '-'],
        input: `apiVersion: v1
kind: Event
metadata: {name: my-db-instance.1, namespace: test-ns}
involvedObject: {apiVersion: servicecatalog.k8s.io/v1beta1, kind: ServiceInstance, namespace: test-ns, name: my-db-instance}
reason: ProvisionedSuccessfully
message: The database is there
type: Normal
firstTimestamp: "2026-01-01T00:00:00Z"
lastTimestamp: "2026-01-01T00:00:00Z"
count: 1
source: {component: test}
`,
        prints: ['event/my-db-instance.1 created'],
      },
      { args: [...IN, 'describe', INSTANCE], prints: [/Storage GB: +50/u, /Type: +Ready/u] },
      {
        args: [...IN, 'get', 'events'],
        prints: [/Normal +ProvisionedSuccessfully +serviceinstance\/my-db-instance +The database is there/u],
      },
      { args: [...IN, 'events', '--for', INSTANCE], prints: ['The database is there'] },
      {
        args: ['create', '-f', '-'],
        input: instance(20),
        fails: 'serviceinstances.servicecatalog.k8s.io "my-db-instance" already exists',
      },
      {
        args: ['apply', '-f', '-'],
        input: instance(30, '  nonsense: 1\n'),
        fails: 'strict decoding error: unknown field "spec.nonsense"',
      },
      {
        args: ['apply', '--validate=ignore', '-f', '-'],
        input: instance(30).replace('cloud-mysql', '5'),
        fails: 'Invalid value: "integer": spec.clusterServiceClassExternalName in body must be of type string',
      },
      {
        args: ['create', '-f', '-'],
        input: instance(20).replace('my-db-instance', 'My_DB'),
        fails: 'a lowercase RFC 1123 subdomain must consist of',
      },
      { args: [...IN, 'delete', INSTANCE, '--wait=false'], prints: ['deleted'] },
      {
        args: [...IN, 'get', INSTANCE, '-o', 'jsonpath={.metadata.finalizers}'],
        prints: ['kubernetes-incubator/service-catalog'],
      },
      {
        args: [...IN, 'patch', INSTANCE, '--type=merge', '-p', '{"metadata":{"finalizers":null}}'],
        prints: ['patched'],
      },
      { args: [...IN, 'wait', '--for=delete', INSTANCE, '--timeout=5s'] },
      { args: [...IN, 'get', INSTANCE], fails: 'serviceinstances.servicecatalog.k8s.io "my-db-instance" not found' },
      {
        args: ['create', '-f', '-'],
        input:
          'apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: a.b.c}\nspec: {}\n',
        fails: 'this server reads its definitions from files',
      },
      { args: ['get', 'serviceinstances', '-A', '--chunk-size=1'], prints: [] },
    ],
  },
];
