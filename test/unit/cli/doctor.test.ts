import { describe, expect, test } from '@jest/globals';
import { diagnose } from '../../../cli/doctor/diagnose.ts';
import type { Facts, Finding, Offers, SecretFacts } from '../../../cli/doctor/facts.ts';
import { hasProblem, report } from '../../../cli/doctor/report.ts';
import { nearest } from '../../../cli/doctor/suggest.ts';
import { DATA_CHECKSUM, dataChecksum } from '../../../lib/catalog/secret-checksum.ts';
import { CLUSTER_SCOPE } from '../../../lib/catalog/scope.ts';
import type {
  ClusterServiceBroker,
  ClusterServiceClass,
  ClusterServicePlan,
  Condition,
  ServiceBinding,
  ServiceInstance,
} from '../../../lib/catalog/types.generated.ts';
import type { Secret } from '../../../lib/kube/core-resources.ts';

const NOW = Date.parse('2026-01-31T12:00:00Z');
const minutesAgo = (minutes: number): string => new Date(NOW - minutes * 60_000).toISOString();

const condition = (type: string, status: Condition['status'], reason: string, message = 'why'): Condition => ({
  type,
  status,
  reason,
  message,
  lastTransitionTime: minutesAgo(3),
});
const ready = (reason: string): Condition[] => [condition('Ready', 'True', reason)];

const aBroker = (
  status: ClusterServiceBroker['status'] = { conditions: ready('FetchedCatalog') },
): ClusterServiceBroker => ({
  metadata: { name: 'cloud-broker', creationTimestamp: minutesAgo(30) },
  spec: { url: 'https://broker', authInfo: { basic: { secretRef: { namespace: 'sc', name: 'auth' } } } },
  status,
});

const aClass = (name: string, removed = false): ClusterServiceClass => ({
  metadata: { name: `class-${name}` },
  spec: { clusterServiceBrokerName: 'cloud-broker', externalName: name, externalID: `id-${name}`, description: 'x' },
  status: { removedFromBrokerCatalog: removed },
});

const aPlan = (name: string, ofClass = 'cloud-mysql', removed = false): ClusterServicePlan => ({
  metadata: { name: `plan-${ofClass}-${name}` },
  spec: {
    clusterServiceBrokerName: 'cloud-broker',
    externalName: name,
    externalID: `id-${name}`,
    description: 'x',
    clusterServiceClassRef: { name: `class-${ofClass}` },
  },
  status: { removedFromBrokerCatalog: removed },
});

const someOffers = (overrides: Partial<Offers> = {}): Offers => ({
  scope: CLUSTER_SCOPE,
  brokers: [aBroker()],
  classes: [aClass('cloud-mysql'), aClass('cloud-postgresql')],
  plans: [aPlan('small'), aPlan('standard'), aPlan('standard', 'cloud-postgresql')],
  brokerSecrets: new Map([['cloud-broker', { key: 'sc/auth', state: 'present' }]]),
  ...overrides,
});

const anInstance = (
  overrides: { spec?: ServiceInstance['spec']; status?: ServiceInstance['status']; deleting?: boolean } = {},
): ServiceInstance => ({
  metadata: {
    name: 'db',
    namespace: 'ns',
    uid: 'instance-uid',
    generation: 1,
    creationTimestamp: minutesAgo(5),
    ...(overrides.deleting ? { deletionTimestamp: minutesAgo(5) } : {}),
  },
  spec: overrides.spec ?? {
    clusterServiceClassExternalName: 'cloud-mysql',
    clusterServicePlanExternalName: 'standard',
  },
  status: overrides.status ?? { conditions: ready('ProvisionedSuccessfully'), observedGeneration: 1 },
});

const aBinding = (
  status: NonNullable<ServiceBinding['status']> = { conditions: ready('InjectedBindResult') },
): ServiceBinding => ({
  metadata: { name: 'bind', namespace: 'ns', uid: 'binding-uid', creationTimestamp: minutesAgo(5) },
  spec: { instanceRef: { name: 'db' }, secretName: 'creds' },
  status,
});

const ownSecret: SecretFacts = {
  key: 'ns/creds',
  state: 'present',
  secret: {
    metadata: {
      name: 'creds',
      ownerReferences: [
        { apiVersion: 'x', kind: 'ServiceBinding', name: 'bind', uid: 'binding-uid', controller: true },
      ],
    },
    data: { password: Buffer.from('hunter2').toString('base64'), host: 'aA==' },
  },
};

/** The Secret with the checksum the controllers would have noted had the password been this one. */
const writtenWith = (secret: Secret, password: string): Secret => {
  const annotations = { [DATA_CHECKSUM]: dataChecksum({ ...secret.data, password: btoa(password) }) };
  return { ...secret, metadata: { ...secret.metadata, annotations } };
};

const someFacts = (overrides: Partial<Facts> = {}): Facts => ({
  now: NOW,
  namespace: 'ns',
  target: { kind: 'binding', name: 'bind' },
  instanceName: 'db',
  instance: anInstance(),
  offers: someOffers(),
  bindings: [{ name: 'bind', binding: aBinding(), secret: ownSecret }],
  events: [],
  ...overrides,
});

const problems = (facts: Facts): Finding[] => diagnose(facts).filter(({ state }) => state === 'problem');
const states = (facts: Facts): string[] => diagnose(facts).map(({ step, state }) => `${step} ${state}`);

describe('the doctor', () => {
  test('finds nothing wrong with what is well, and shows no credential', () => {
    expect(states(someFacts())).toEqual([
      'broker ok',
      'class ok',
      'plan ok',
      'instance ok',
      'binding ok',
      'secret ok',
      'events ok',
    ]);
    const text = report('binding/bind', diagnose(someFacts()));
    expect(text).toContain('everything is well');
    expect(text).toContain('host');
    expect(text).not.toContain('hunter2');
  });

  test('takes a Secret for whole that is as it was written', () => {
    const secret = { ...ownSecret, secret: writtenWith(ownSecret.secret!, 'hunter2') };
    expect(problems(someFacts({ bindings: [{ name: 'bind', binding: aBinding(), secret }] }))).toEqual([]);
  });

  const notReady = (reason: string, minutes = 1): ServiceInstance['status'] => ({
    conditions: [condition('Ready', 'False', reason, 'the broker said so')],
    observedGeneration: 1,
    operationStartTime: minutesAgo(minutes),
    retry: { attempts: 3, nextAttemptTime: new Date(NOW + 20_000).toISOString() },
  });

  test.each<[string, Partial<Facts>, Finding['step'], RegExp, RegExp]>([
    [
      'a class with a spelling mistake',
      { instance: anInstance({ spec: { clusterServiceClassExternalName: 'cloud-mysq' } }) },
      'class',
      /no ClusterServiceClass "cloud-mysq" \(spec.clusterServiceClassExternalName\)/,
      /did you mean "cloud-mysql"\?/,
    ],
    [
      'a plan that the class does not have',
      {
        instance: anInstance({
          spec: { clusterServiceClassExternalName: 'cloud-postgresql', clusterServicePlanExternalName: 'small' },
        }),
      },
      'plan',
      /cloud-postgresql has no plan "small"/,
      /standard/,
    ],
    [
      'no plan where there are two',
      { instance: anInstance({ spec: { clusterServiceClassExternalName: 'cloud-mysql' } }) },
      'plan',
      /names no plan/,
      /one of small, standard/,
    ],
    [
      'no class at all',
      { instance: anInstance({ spec: {} }), offers: undefined },
      'class',
      /names no class/,
      /svcat get classes/,
    ],
    [
      'a class that two brokers offer under one name',
      {
        offers: someOffers({
          classes: [aClass('cloud-mysql'), { ...aClass('cloud-mysql'), metadata: { name: 'other' } }],
        }),
      },
      'class',
      /2 objects .* "cloud-mysql"/,
      /clusterServiceClassName: class-cloud-mysql, other/,
    ],
    [
      'no broker',
      { offers: someOffers({ brokers: [], classes: [], plans: [] }) },
      'broker',
      /there is no ClusterServiceBroker/,
      /register/,
    ],
    [
      'a broker that was removed',
      { offers: someOffers({ brokers: [] }) },
      'broker',
      /"cloud-broker", which offers the class, does not exist/,
      /register/,
    ],
    [
      'a broker whose Secret is missing',
      {
        offers: someOffers({
          brokers: [aBroker({ conditions: [condition('Ready', 'False', 'ErrorGettingAuthCredentials')] })],
          brokerSecrets: new Map([['cloud-broker', { key: 'sc/auth', state: 'absent' as const }]]),
        }),
      },
      'broker',
      /its Secret sc\/auth does not exist/,
      /username and password/,
    ],
    [
      'a broker that does not answer',
      {
        offers: someOffers({
          brokers: [aBroker({ conditions: [condition('Ready', 'False', 'ErrorFetchingCatalog')] })],
        }),
      },
      'broker',
      /ErrorFetchingCatalog: why/,
      /spec\.url/,
    ],
    [
      'a class no longer offered before the instance exists',
      {
        instance: anInstance({ status: notReady('ReferencesDeletedServiceClass') }),
        offers: someOffers({ classes: [aClass('cloud-mysql', true)] }),
      },
      'class',
      /no longer in the broker's catalog/,
      /another class/,
    ],
    [
      'an instance the broker refused',
      {
        instance: anInstance({
          status: {
            conditions: [
              condition('Ready', 'False', 'ProvisionCallFailed', 'storageGB must be at least 1'),
              condition('Failed', 'True', 'ClusterServiceBrokerReturnedFailure', 'storageGB must be at least 1'),
            ],
            observedGeneration: 1,
          },
        }),
      },
      'instance',
      /has failed: .*storageGB must be at least 1/,
      /correct what the broker complains about/,
    ],
    [
      'an instance that is tried again',
      { instance: anInstance({ status: notReady('ErrorCallingProvision') }) },
      'instance',
      /ErrorCallingProvision: the broker said so \(3 attempts so far, the next in 20s\)/,
      /by itself/,
    ],
    [
      'an instance that has been made for an hour',
      { instance: anInstance({ status: notReady('Provisioning', 60) }) },
      'instance',
      /going on for 60m/,
      /log/,
    ],
    [
      'an instance nobody looks at',
      { instance: anInstance({ status: {} }) },
      'instance',
      /was not looked at yet, 5m after it was made/,
      /start the catalog-controller/,
    ],
    [
      'an instance that is deleted and has bindings',
      { instance: anInstance({ deleting: true }) },
      'instance',
      /is being deleted, asked for 5m ago/,
      /kubectl -n ns delete servicebinding bind/,
    ],
    [
      'a binding of nothing',
      { instance: undefined, offers: undefined },
      'instance',
      /no ServiceInstance "db" in namespace ns/,
      /create it/,
    ],
    [
      "somebody else's Secret",
      {
        bindings: [
          { name: 'bind', binding: aBinding(), secret: { ...ownSecret, secret: { metadata: { name: 'creds' } } } },
        ],
      },
      'secret',
      /does not belong to the binding/,
      /another spec.secretName/,
    ],
    [
      'a Secret that was changed by hand',
      {
        bindings: [
          {
            name: 'bind',
            binding: aBinding(),
            secret: { ...ownSecret, secret: writtenWith(ownSecret.secret!, 'other') },
          },
        ],
      },
      'secret',
      /ns\/creds was changed by hand/,
      /restore it at their next look.*kubectl -n ns annotate servicebinding bind look="\$\(date\)" --overwrite/,
    ],
    [
      'a Secret that vanished',
      { bindings: [{ name: 'bind', binding: aBinding(), secret: { key: 'ns/creds', state: 'absent' } }] },
      'secret',
      /missing although/,
      /controller writes it again/,
    ],
  ])('names %s and what to do', (_what, overrides, step, text, advice) => {
    const found = problems(someFacts(overrides));
    expect(found[0]).toMatchObject({
      step,
      text: expect.stringMatching(text),
      advice: expect.stringMatching(advice),
    });
  });

  test('gives advice with every problem there can be', () => {
    const instances = [
      undefined,
      anInstance({ status: {} }),
      anInstance({ status: notReady('SomethingNew') }),
      anInstance({ deleting: true }),
    ];
    for (const instance of instances) {
      for (const finding of problems(someFacts({ instance }))) expect(finding.advice).toBeTruthy();
    }
  });

  test('tells a missing class once, though instance, binding and an Event complain of it too', () => {
    const told = 'there is no such class';
    const facts = someFacts({
      instance: anInstance({
        spec: { clusterServiceClassExternalName: 'my-postgresql' },
        status: {
          conditions: [condition('Ready', 'False', 'ReferencesNonexistentServiceClass', told)],
          observedGeneration: 1,
        },
      }),
      bindings: [
        {
          name: 'bind',
          binding: aBinding({ conditions: [condition('Ready', 'False', 'ErrorInstanceNotReady')] }),
          secret: { key: 'ns/creds', state: 'absent' },
        },
      ],
      events: [
        {
          metadata: {},
          involvedObject: { uid: 'instance-uid' },
          type: 'Warning',
          reason: 'ReferencesNonexistentServiceClass',
          message: told,
          lastTimestamp: minutesAgo(1),
        },
      ],
    });
    expect(states(facts)).toEqual([
      'broker ok',
      'class problem',
      'instance waiting',
      'binding waiting',
      'secret waiting',
      'events ok',
    ]);
    expect(problems(facts)).toEqual([
      {
        step: 'class',
        state: 'problem',
        text:
          'there is no ClusterServiceClass "my-postgresql" (spec.clusterServiceClassExternalName): ' +
          'it is not in the catalog of ClusterServiceBroker cloud-broker',
        advice: 'did you mean "cloud-postgresql"? What is offered: cloud-mysql, cloud-postgresql',
      },
    ]);
  });

  test('tells a binding that is ready that its broker goes', () => {
    const going = { ...aBroker(), metadata: { name: 'cloud-broker', deletionTimestamp: minutesAgo(0.5) } };
    expect(problems(someFacts({ offers: someOffers({ brokers: [going] }) }))).toEqual([
      expect.objectContaining({
        step: 'broker',
        text: expect.stringMatching(/cloud-broker is being deleted, asked for 30s ago/),
      }),
    ]);
  });

  test('calls work in progress no problem', () => {
    const facts = someFacts({
      instance: anInstance({ status: notReady('Provisioning') }),
      bindings: [
        {
          name: 'bind',
          binding: aBinding({ conditions: [condition('Ready', 'False', 'Binding')] }),
          secret: { key: 'ns/creds', state: 'absent' },
        },
      ],
    });
    expect(states(facts)).toEqual(expect.arrayContaining(['instance waiting', 'binding waiting', 'secret waiting']));
    expect(hasProblem(diagnose(facts))).toBe(false);
    expect(report('binding/bind', diagnose(facts))).toContain('not finished yet');
  });

  test('lets an instance live whose class is no longer offered', () => {
    const instance = anInstance({
      status: { conditions: ready('ProvisionedSuccessfully'), provisionStatus: 'Provisioned' },
    });
    const offers = someOffers({ classes: [aClass('cloud-mysql', true)] });
    expect(states(someFacts({ instance, offers }))).toContain('class note');
    expect(problems(someFacts({ instance, offers }))).toEqual([]);
  });

  test('says what it may not look at', () => {
    const bindings = [{ name: 'bind', binding: aBinding(), secret: { key: 'ns/creds', state: 'forbidden' as const } }];
    expect(states(someFacts({ bindings }))).toContain('secret unknown');
  });

  test('tells the latest warnings of the last hour, which are no problem by themselves', () => {
    const event = (minutes: number, type: 'Normal' | 'Warning', message: string) => ({
      metadata: {},
      involvedObject: {},
      type,
      reason: 'R',
      message,
      count: 2,
      lastTimestamp: minutesAgo(minutes),
    });
    const events = [
      event(90, 'Warning', 'old'),
      event(9, 'Warning', 'one'),
      event(5, 'Normal', 'fine'),
      event(1, 'Warning', 'two'),
    ];
    const waiting = anInstance({ status: notReady('Provisioning') });
    const found = diagnose(someFacts({ events, instance: waiting })).filter(({ step }) => step === 'events');
    expect(found.map(({ state, text }) => `${state}: ${text}`)).toEqual([
      'note: 9m ago, 2x R: one',
      'note: 60s ago, 2x R: two',
    ]);
    // The instance became ready three minutes ago: what was before is overcome.
    const about = events.map((event) => ({ ...event, involvedObject: { uid: 'instance-uid' } }));
    expect(diagnose(someFacts({ events: about })).at(-1)?.text).toMatch(/^1 warning in the last hour, the last 60s/);
    expect(diagnose(someFacts({ events: about.slice(0, 3) })).at(-1)).toMatchObject({ state: 'ok' });
    expect(diagnose(someFacts({ events })).at(-1)).toEqual({
      step: 'events',
      state: 'note',
      text: '2 warnings in the last hour, the last 60s ago (R)',
    });
  });
});

test('the nearest word is one that differs in few letters', () => {
  expect(nearest('cloud-mysq', ['cloud-mysql', 'cloud-postgresql'])).toBe('cloud-mysql');
  expect(nearest('Standrad', ['small', 'standard'])).toBe('standard');
  expect(nearest('redis', ['cloud-mysql'])).toBeUndefined();
});
