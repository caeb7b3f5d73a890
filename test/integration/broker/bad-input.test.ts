import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { newId, startTestBroker, stopTestBrokers } from './support/broker.ts';
import type { TestBroker } from './support/broker.ts';
import { bindingPath, inNamespace, instancePath, SERVICES } from './support/osb-api.ts';
import type { ApiAnswer, ProvisionOptions } from './support/osb-api.ts';
import { askStore } from './support/tenant-sql.ts';

jest.setTimeout(60_000);

let broker: TestBroker;
beforeAll(async () => {
  broker = await startTestBroker();
});
afterAll(stopTestBrokers);

const put = (): ReturnType<TestBroker['api']['send']> =>
  broker.api.send('put', instancePath(newId())).query({ accepts_incomplete: 'true' });

/** Nothing that was refused has left a trace. */
async function rows(): Promise<number> {
  const [row] = await askStore<{ count: number }>(
    broker.store,
    `SELECT ((SELECT count(*) FROM broker.instances) + (SELECT count(*) FROM broker.operations))::integer AS count`,
  );
  return row!.count;
}

describe('a provision request', () => {
  const cases: [reason: string, options: ProvisionOptions, says: RegExp][] = [
    ['storageGB 0', { parameters: { storageGB: 0 } }, /storageGB must be a whole number from 1 to 10/],
    ['storageGB -1', { parameters: { storageGB: -1 } }, /from 1 to 10/],
    ['storageGB 1e9', { parameters: { storageGB: 1e9 } }, /from 1 to 10/],
    ['storageGB 2.5', { parameters: { storageGB: 2.5 } }, /whole number/],
    ['storageGB "20"', { parameters: { storageGB: '20' } }, /from 1 to 10, without quotes/],
    ['storageGB null', { parameters: { storageGB: null } }, /from 1 to 10/],
    ['an unknown version', { parameters: { version: '6.6.6' } }, /version must be one of "18", "18.4"/],
    ['an unquoted version', { parameters: { version: 5.7 } }, /quotes \(version: "5.7"\)/],
    ['an unknown parameter', { parameters: { storage: 5 } }, /"storage" is not a parameter.*"storageGB", "version"/],
    ['__proto__ as a parameter', { parameters: JSON.parse('{"__proto__": 1}') as object }, /not a parameter/],
    ['parameters that are no object', { parameters: ['storageGB'] }, /parameters must be an object/],
    ['an unknown plan', { plan: 'gigantic' }, /plan_id is not a plan of cloud-postgresql; there is small/],
    ['a NUL in the namespace', { context: inNamespace('a\0b') }, /NUL/],
    ['a namespace that is a number', { context: { namespace: 7 } }, /context.namespace must be a string/],
  ];
  test.each(cases)('with %s is refused with words that help', async (_reason, options, says) => {
    const before = await rows();
    const answer = await broker.api.provision(newId(), options);
    expect(answer.status).toBe(400);
    expect(answer.body.description).toMatch(says);
    expect(await rows()).toBe(before);
  });

  test('with several mistakes is told all of them', async () => {
    const answer = await broker.api.provision(newId(), { parameters: { storageGB: 0, version: 1, x: 1, y: 2 } });
    for (const name of ['storageGB', 'version', '"x"', '"y"']) expect(answer.body.description).toContain(name);
  });

  test('without its required fields is told which', async () => {
    const answer = (await put().send({ plan_id: 7 })) as ApiAnswer;
    expect(answer.status).toBe(400);
    for (const name of ['service_id', 'plan_id', 'organization_guid', 'space_guid']) {
      expect(answer.body.description).toContain(name);
    }
  });

  test('for an unknown service is told which there are', async () => {
    const body = { service_id: 'nope', plan_id: 'nope', organization_guid: 'o', space_guid: 's' };
    const answer = (await put().send(body)) as ApiAnswer;
    expect([answer.status, answer.body.error]).toEqual([400, 'UnknownService']);
    expect(answer.body.description).toContain(SERVICES.postgresql.id);
  });

  test('with maintenance_info is told that there is none', async () => {
    const body = {
      service_id: SERVICES.postgresql.id,
      plan_id: SERVICES.postgresql.plans['small'],
      organization_guid: 'o',
      space_guid: 's',
      maintenance_info: { version: '1.0.0' },
    };
    const answer = (await put().send(body)) as ApiAnswer;
    expect([answer.status, answer.body.error]).toEqual([422, 'MaintenanceInfoConflict']);
  });
});

describe('a body', () => {
  test.each([
    ['malformed JSON', '{"service_id": '],
    ['JSON that is no object', '[1]'],
    ['a bare string', '"x"'],
    ['nothing', ''],
  ])('with %s is 400 and its text is not repeated', async (_reason, text) => {
    const answer = (await put().type('json').send(text)) as ApiAnswer;
    expect(answer.status).toBe(400);
    expect(answer.text).not.toContain('service_id": ');
  });

  test('with a megabyte of parameters is 413', async () => {
    const answer = await broker.api.provision(newId(), { parameters: { version: 'x'.repeat(1024 * 1024) } });
    expect(answer.status).toBe(413);
  });

  test('nested ten thousand levels deep is 400', async () => {
    const deep = `${'['.repeat(10_000)}${']'.repeat(10_000)}`;
    const answer = (await put()
      .type('json')
      .send(
        `{"service_id":"s","plan_id":"p","organization_guid":"o","space_guid":"s","parameters":{"a":${deep}}}`,
      )) as ApiAnswer;
    expect(answer.status).toBe(400);
  });

  test('of another content type is refused', async () => {
    const answer = (await put().type('application/x-yaml').send('service_id: x')) as ApiAnswer;
    expect([answer.status, answer.body.error]).toEqual([400, 'UnsupportedMediaType']);
  });
});

describe('headers', () => {
  test.each([undefined, '1.0', '2.12', '3.0', 'two'])('with the API version %s are 412', async (version) => {
    const request = broker.api.send('get', '/v2/catalog').unset('X-Broker-API-Version');
    const answer = (await (version === undefined
      ? request
      : request.set('X-Broker-API-Version', version))) as ApiAnswer;
    expect(answer.status).toBe(412);
    expect(answer.body.description).toContain('2.17');
  });

  test.each(['2.13', '2.14', '2.17', '2.99'])('with the API version %s are accepted', async (version) => {
    expect((await broker.api.send('get', '/v2/catalog').set('X-Broker-API-Version', version)).status).toBe(200);
  });

  test.each([
    ['a wrong password', 'catalog', 'wrong'],
    ["another platform's password", 'catalog', 'other-password'],
    ['an unknown user', 'nobody', 'catalog-password'],
    ['an empty password', 'catalog', ''],
  ])('with %s are 401 and ask for credentials', async (_reason, username, password) => {
    const answer = (await broker.api.send('get', '/v2/catalog').auth(username, password)) as ApiAnswer;
    expect(answer.status).toBe(401);
    expect(answer.header['www-authenticate']).toContain('Basic');
  });

  test('with an originating identity that is not base64 JSON are 400', async () => {
    const answer = await broker.api
      .send('get', '/v2/catalog')
      .set('X-Broker-API-Originating-Identity', 'kubernetes {not-base64}');
    expect(answer.status).toBe(400);
  });

  test('say who asked, which is kept with the operation, whatever it contains', async () => {
    const id = newId();
    const identity = { username: 'a\0b', extra: '\ud800' };
    const value = Buffer.from(JSON.stringify(identity)).toString('base64');
    const answer = (await broker.api
      .send('put', instancePath(id))
      .query({ accepts_incomplete: 'true' })
      .set('X-Broker-API-Originating-Identity', `kubernetes ${value}`)
      .send({
        service_id: SERVICES.postgresql.id,
        plan_id: SERVICES.postgresql.plans['small'],
        organization_guid: 'o',
        space_guid: 's',
      })) as ApiAnswer;
    expect(answer.status).toBe(202);
    const [row] = await askStore<{ originating_identity: unknown }>(
      broker.store,
      'SELECT originating_identity FROM broker.operations WHERE instance_id = $1',
      [id],
    );
    expect(row!.originating_identity).toEqual({ platform: 'kubernetes', value: identity });
    await broker.api.endOf(id, answer);
    await broker.api.deprovisioned(id);
  });

  test('carry the identity of the request back', async () => {
    const answer = (await broker.api
      .send('get', '/v2/catalog')
      .set('X-Broker-API-Request-Identity', 'from-the-platform')) as ApiAnswer;
    expect(answer.header['x-broker-api-request-identity']).toBe('from-the-platform');
  });
});

describe('an id', () => {
  const ids = [
    'a/b',
    '../../catalog',
    "'; DROP TABLE broker.instances; --",
    'データベース',
    'a b+c%2F',
    '😀'.repeat(100),
    'i'.repeat(255),
  ];
  test.each(ids)('such as %s is data like any other', async (strange) => {
    const id = strange;
    await broker.api.provisioned(id);
    const credentials = await broker.api.credentials(id, `b${id}`.slice(0, 250));
    expect(credentials.database).toMatch(/^scdb[a-z0-9]+$/);
    expect((await broker.api.fetch(id)).status).toBe(200);
    await broker.api.deprovisioned(id);
    expect((await broker.api.fetch(id)).status).toBe(404);
  });

  test.each([
    ['300 characters', 'i'.repeat(300), /longer than 255/],
    ['a line break', 'a\nb', /control characters/],
    ['a NUL', 'a\0b', /NUL|control characters/],
  ])('with %s is 400 with the reason', async (_reason, id, says) => {
    const provisioned = await broker.api.provision(id);
    expect(provisioned.status).toBe(400);
    expect(provisioned.body.description).toMatch(says);
    for (const answer of [
      await broker.api.fetch(id),
      await broker.api.deprovision(id),
      await broker.api.bind('x', id),
    ]) {
      expect(answer.status).toBe(400);
    }
  });

  test('that is not UTF-8 is 400', async () => {
    expect((await broker.api.send('get', '/v2/service_instances/%ff')).status).toBe(400);
  });
});

describe('a request', () => {
  test('for an unknown path is 404, with a wrong method 405 and the methods there are', async () => {
    expect((await broker.api.send('get', '/v2/nothing')).status).toBe(404);
    const answer = (await broker.api.send('post', '/v2/catalog')) as ApiAnswer;
    expect([answer.status, answer.header['allow']]).toEqual([405, 'GET']);
  });

  test('to delete names its service and plan', async () => {
    for (const path of [instancePath('x'), bindingPath('x', 'y')]) {
      const answer = (await broker.api.send('delete', path)) as ApiAnswer;
      expect(answer.status).toBe(400);
      expect(answer.body.description).toContain('service_id');
    }
  });

  test('with a parameter of a binding that is not known is 400', async () => {
    const id = newId();
    await broker.api.provisioned(id);
    const answer = await broker.api.bind(id, newId(), { parameters: { access: 'admin' } });
    expect(answer.status).toBe(400);
    expect(answer.body.description).toMatch(/access must be one of "readwrite", "readonly"/);
    expect((await broker.api.bind(id, newId(), { kind: 'mysql' })).status).toBe(400);
    expect((await broker.api.bind(newId(), newId())).status).toBe(404);
  });

  test('with accepts_incomplete that is neither true nor false is 400', async () => {
    expect((await broker.api.send('get', instancePath('x')).query({ accepts_incomplete: 'yes' })).status).toBe(400);
  });
});

describe('the catalog', () => {
  test('has an entity tag that saves sending it again', async () => {
    const first = (await broker.api.send('get', '/v2/catalog')) as ApiAnswer;
    const again = await broker.api.send('get', '/v2/catalog').set('If-None-Match', first.header['etag']!);
    expect(again.status).toBe(304);
  });
});
