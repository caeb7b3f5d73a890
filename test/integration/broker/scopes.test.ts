import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { CONTEXT_HEADER } from '../../../lib/osb/headers.ts';
import { newId, startTestBroker, stopTestBrokers } from './support/broker.ts';
import type { TestBroker } from './support/broker.ts';
import { inNamespace, instancePath, OsbApi, SERVICES } from './support/osb-api.ts';
import type { ApiAnswer } from './support/osb-api.ts';

jest.setTimeout(60_000);

let broker: TestBroker;
const id = newId();
const binding = newId();
beforeAll(async () => {
  broker = await startTestBroker();
  await broker.api.provisioned(id, { context: inNamespace('mine') });
  await broker.api.credentials(id, binding, { context: inNamespace('mine') });
});
afterAll(stopTestBrokers);

/** After each attempt the owner still has everything. */
async function expectUntouched(): Promise<void> {
  expect((await broker.api.fetch(id)).status).toBe(200);
  expect((await broker.api.fetchBinding(id, binding)).status).toBe(200);
}

describe.each([
  ['another namespace', inNamespace('theirs')],
  ['another cluster', inNamespace('mine', 'cluster-2')],
])('%s that names the instance', (_where, context) => {
  test('cannot provision, bind or update it', async () => {
    expect((await broker.api.provision(id, { context })).status).toBe(409);
    const bound = await broker.api.bind(id, newId(), { context });
    expect([bound.status, bound.body.credentials]).toEqual([404, undefined]);
    expect((await broker.api.bind(id, binding, { context })).status).toBe(404);
    expect((await broker.api.update(id, { context, plan: 'large' })).status).toBe(404);
    await expectUntouched();
  });

  test('cannot delete, read or poll it where the platform says who asks', async () => {
    const header = Buffer.from(JSON.stringify(context)).toString('base64');
    const ids = { service_id: SERVICES.postgresql.id, plan_id: 'any', accepts_incomplete: 'true' };
    const send = (method: 'get' | 'delete', path: string): Promise<ApiAnswer> =>
      Promise.resolve(broker.api.send(method, path).query(ids).set(CONTEXT_HEADER, header));
    const path = instancePath(id);
    // Not 410, which would mean to a platform whose cluster's id has changed that it is rid of them.
    for (const owned of [path, `${path}/service_bindings/${binding}`]) {
      const { status, body } = await send('delete', owned);
      expect([status, body.error]).toEqual([409, 'Conflict']);
      expect(body.description).toMatch(/another cluster or namespace.*restore the former id/);
    }
    expect((await send('delete', `${path}/service_bindings/${newId()}`)).status).toBe(410);
    expect((await send('get', path)).status).toBe(404);
    expect((await send('get', `${path}/service_bindings/${binding}`)).status).toBe(404);
    expect((await send('get', `${path}/last_operation`)).status).toBe(410);
    await expectUntouched();
  });
});

describe('another platform that names the instance', () => {
  test('finds nothing, changes nothing and cannot take the id', async () => {
    const other = new OsbApi(broker.url, 'other', 'other-password');
    const context = inNamespace('mine');
    expect((await other.provision(id, { context })).status).toBe(409);
    expect((await other.bind(id, newId(), { context })).status).toBe(404);
    expect((await other.fetch(id)).status).toBe(404);
    expect((await other.fetchBinding(id, binding)).status).toBe(404);
    expect((await other.update(id, { plan: 'large' })).status).toBe(404);
    expect((await other.lastOperation(id)).status).toBe(410);
    expect((await other.unbind(id, binding)).status).toBe(410);
    expect((await other.deprovision(id)).status).toBe(410);
    await expectUntouched();
  });
});

describe('the owner', () => {
  test('is known by its platform alone where a request carries no context', async () => {
    const header = Buffer.from(JSON.stringify(inNamespace('mine'))).toString('base64');
    expect((await broker.api.send('get', instancePath(id)).set(CONTEXT_HEADER, header)).status).toBe(200);
    expect((await broker.api.send('get', instancePath(id)).set(CONTEXT_HEADER, 'no base64 JSON')).status).toBe(400);
    expect((await broker.api.update(id)).status).toBe(200);
  });
});
