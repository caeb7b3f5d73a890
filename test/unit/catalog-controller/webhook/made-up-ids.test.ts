import { expect, test } from '@jest/globals';
import { MadeUpIds } from '../../../../catalog-controller/webhook/made-up-ids.ts';
import type { AdmissionRequest } from '../../../../lib/catalog/admission.ts';
import { ALICE, anInstance, INSTANCES, metadata, NAMESPACE } from '../../catalog/objects.ts';

const request = (object = anInstance(), more: Partial<AdmissionRequest> = {}): AdmissionRequest => ({
  operation: 'CREATE',
  resource: INSTANCES,
  namespace: NAMESPACE,
  object,
  user: ALICE,
  ...more,
});

test('who is asked about the same creation once more answers with the same id', () => {
  const ids = new MadeUpIds();
  const { value } = ids.for(request());
  expect(ids.for(request(anInstance({ externalID: value }))).value).toBe(value);
  const unnamed = anInstance({}, { metadata: { generateName: 'a-', namespace: NAMESPACE } });
  const generated = ids.for(request(unnamed)).value;
  expect(ids.for(request({ ...unnamed, spec: { ...unnamed.spec, externalID: generated } })).value).toBe(generated);
});

test('every creation has an id of its own', () => {
  const ids = new MadeUpIds();
  expect(ids.for(request()).value).not.toBe(ids.for(request()).value);
});

test('nobody has an id believed by repeating it', () => {
  const ids = new MadeUpIds();
  const { value } = ids.for(request());
  const repeated = anInstance({ externalID: value });
  for (const other of [
    request(repeated, { namespace: 'another' }),
    request(repeated, { user: { ...ALICE, username: 'mallory' } }),
    request({ ...repeated, metadata: metadata('another') }),
  ]) {
    expect(ids.for(other).value).not.toBe(value);
  }
});

test('what was made up is forgotten when no request can be going on any more', () => {
  let now = 0;
  const ids = new MadeUpIds(() => now);
  const { value } = ids.for(request());
  now = 29_999;
  expect(ids.for(request(anInstance({ externalID: value }))).value).toBe(value);
  now = 30_000;
  expect(ids.for(request(anInstance({ externalID: value }))).value).not.toBe(value);
});
