import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { Ajv } from 'ajv';
import type { Limits } from '../../broker/config/config.ts';
import { parseConfig } from '../../broker/config/read-config.ts';
import { describeWithHelm } from './support/environment.ts';
import { chartFolder, tryHelm } from './support/helm.ts';

const CHART = chartFolder('database-broker');

type Section = Readonly<Record<string, unknown>>;
type Parts = { readonly limits?: Section; readonly services?: readonly Section[] };

const FILES: Readonly<Record<string, string>> = {
  password: 'a password',
  key: randomBytes(32).toString('base64'),
};

/** What the broker makes of a configuration that has these parts. */
function brokers(parts: Parts): ReturnType<typeof parseConfig> {
  const config = {
    listen: { host: '127.0.0.1', port: 8080 },
    auth: [{ username: 'catalog', passwordFile: 'password' }],
    store: { url: 'postgresql://broker@localhost/broker', passwordFile: 'password' },
    encryption: { keys: [{ label: 'k1', keyFile: 'key' }] },
    servers: [
      {
        name: 'one',
        engine: 'mysql',
        serves: ['8.4'],
        admin: { host: 'db', port: 3306, username: 'root', passwordFile: 'password' },
        advertise: { host: 'db', port: 3306 },
      },
    ],
    ...parts,
  };
  return parseConfig(JSON.stringify(config), (name) => FILES[name] ?? '');
}

const takenByBroker = (parts: Parts): boolean => 'config' in brokers(parts);

let takenBySchema: (parts: Parts) => boolean;
let limitsInSchema: Readonly<Record<keyof Limits, { minimum: number; maximum: number }>>;

beforeAll(async () => {
  const schema = JSON.parse(await readFile(join(CHART, 'values.schema.json'), 'utf8')) as {
    properties: { limits: { properties: typeof limitsInSchema } };
  };
  const ajv = new Ajv({ strict: false, validateFormats: false });
  const validate = ajv.compile(schema);
  takenBySchema = (parts) => validate(parts);
  limitsInSchema = schema.properties.limits.properties;
});

describe('limits in values.schema.json', () => {
  test('are those of the broker, each with its least and its greatest value', () => {
    const result = brokers({});
    if (!('config' in result)) throw new Error(JSON.stringify(result.mistakes));
    const names = Object.keys(result.config.limits) as (keyof Limits)[];
    expect(Object.keys(limitsInSchema).toSorted()).toEqual(names.toSorted());
    for (const name of names) {
      const { minimum, maximum } = limitsInSchema[name];
      const taken = [minimum - 1, minimum, maximum, maximum + 1].map((value) =>
        takenByBroker({ limits: { [name]: value } }),
      );
      expect({ name, taken }).toEqual({ name, taken: [false, true, true, false] });
    }
  });

  test.each([
    { operationsPerServers: 2 },
    { operationsPerServer: '2' },
    { operationsPerServer: 1.5 },
    { operationsPerServer: null },
  ])('refuse what the broker refuses: %j', (limits) => {
    expect({ schema: takenBySchema({ limits }), broker: takenByBroker({ limits }) }).toEqual({
      schema: false,
      broker: false,
    });
  });
});

const PLAN = { id: 'p1', name: 'small', description: 'Small', connections: 5, storageGB: { default: 1, maximum: 2 } };
const SERVICE = { id: 's1', name: 'team-mysql', engine: 'mysql', description: 'MySQL', plans: [PLAN] };
const withPlan = (plan: Section): Parts => ({ services: [{ ...SERVICE, plans: [{ ...PLAN, ...plan }] }] });
const without = (section: Section, key: string): Section =>
  Object.fromEntries(Object.entries(section).filter(([name]) => name !== key));

describe('services in values.schema.json', () => {
  const right: readonly Section[] = [
    SERVICE,
    { ...SERVICE, id: 'A.~_-'.repeat(51), name: 'x'.repeat(63), description: 'x'.repeat(255) },
    { ...SERVICE, engine: 'postgresql', tags: [], metadata: { any: { thing: [1] } } },
    { ...SERVICE, tags: ['x'.repeat(255)], plans: [{ ...PLAN, free: false, metadata: {} }] },
    { ...SERVICE, plans: [{ ...PLAN, connections: 100_000, storageGB: { default: 1, maximum: 1_000_000 } }] },
  ];
  const wrong: readonly Parts[] = [
    ...Object.keys(SERVICE).map((key) => ({ services: [without(SERVICE, key)] })),
    ...Object.keys(PLAN).map((key) => ({ services: [{ ...SERVICE, plans: [without(PLAN, key)] }] })),
    ...[
      { plan: [] },
      { id: '' },
      { id: 'a b' },
      { id: 'x'.repeat(256) },
      { name: '-a' },
      { name: 'a_b' },
      { name: 'x'.repeat(64) },
      { name: 12 },
      { engine: 'mariadb' },
      { description: '' },
      { description: 'x'.repeat(256) },
      { tags: 'team' },
      { tags: [''] },
      { metadata: [] },
      { plans: [] },
    ].map((change) => ({ services: [{ ...SERVICE, ...change }] })),
    ...[
      { connection: 5 },
      { id: 'a/b' },
      { name: 'x'.repeat(64) },
      { description: 'x'.repeat(256) },
      { free: 'no' },
      { connections: 0 },
      { connections: 100_001 },
      { connections: '5' },
      { storageGB: 5 },
      { storageGB: { default: 1 } },
      { storageGB: { maximum: 1 } },
      { storageGB: { default: 0, maximum: 1 } },
      { storageGB: { default: 1, maximum: 1_000_001 } },
      { storageGB: { default: 1, maximum: 2, most: 3 } },
      { metadata: 'x' },
    ].map(withPlan),
  ];

  test.each(right)('take what the broker takes: %j', (service) => {
    const parts = { services: [service] };
    expect({ schema: takenBySchema(parts), broker: takenByBroker(parts) }).toEqual({ schema: true, broker: true });
  });

  test.each(wrong)('refuse what the broker refuses: %j', (parts) => {
    expect({ schema: takenBySchema(parts), broker: takenByBroker(parts) }).toEqual({ schema: false, broker: false });
  });
});

describeWithHelm('services that contradict each other', () => {
  const other = { ...SERVICE, id: 's2', name: 'other', plans: [{ ...PLAN, id: 'p2' }] };
  const cases: readonly [string, readonly Section[]][] = [
    ['services has two with the id "s1"', [SERVICE, { ...other, id: 's1' }]],
    ['services has two called "team-mysql"', [SERVICE, { ...other, name: 'team-mysql' }]],
    ['"team-mysql" has two plans called "small"', [{ ...SERVICE, plans: [PLAN, { ...PLAN, id: 'p2' }] }]],
    ['services has two plans with the id "p1"', [SERVICE, { ...other, plans: [PLAN] }]],
    [
      'plan "small" has a storageGB.default above its storageGB.maximum, 2',
      [{ ...SERVICE, plans: [{ ...PLAN, storageGB: { default: 3, maximum: 2 } }] }],
    ],
  ];

  test.each(cases)('are refused as by the broker: %s', async (sentence, services) => {
    expect(takenByBroker({ services })).toBe(false);
    const values = ['--values', join(CHART, 'evaluation.yaml'), '--set-json', `services=${JSON.stringify(services)}`];
    const ended = await tryHelm(['template', 'database-broker', CHART, '--kube-version', 'v1.34.4', ...values]);
    expect(ended.code).not.toBe(0);
    expect(ended.stderr).toContain(sentence);
  });

  test('are no two of different names and ids', () => {
    expect(takenByBroker({ services: [SERVICE, other] })).toBe(true);
  });
});
