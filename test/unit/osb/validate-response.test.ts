import { describe, expect, test } from '@jest/globals';
import {
  validateBindingResource,
  validateBindResponse,
  validateInstanceResource,
  validateLastOperation,
  validateOperationResponse,
  validateProvisionResponse,
} from '../../../lib/osb/validate-response.ts';

describe("a broker's answer", () => {
  test('to a bind keeps credentials as they are', () => {
    const credentials = { host: 'h', port: 5432, nested: { a: [1, null] }, empty: null };
    expect(validateBindResponse({ credentials })).toEqual({ ok: true, value: { credentials } });
  });

  test('never has its values in a fault, because they may be credentials', () => {
    const result = validateBindResponse({
      credentials: 'postgres://u:hunter2@h/d',
      metadata: { expires_at: 'hunter2' },
    });
    expect(result.ok).toBe(false);
    expect(JSON.stringify(result)).not.toContain('hunter2');
  });

  test('to a bind may say when the binding ends', () => {
    const metadata = { expires_at: '2026-01-31T12:00:00.000Z', renew_before: '2026-01-30T12:00:00+02:00' };
    expect(validateBindResponse({ metadata })).toEqual({ ok: true, value: { metadata } });
    expect(validateBindResponse({ metadata: { expires_at: '2026-13-31T12:00:00Z' } }).ok).toBe(false);
    expect(validateBindResponse({ metadata: { expires_at: 'tomorrow' } }).ok).toBe(false);
  });

  test('lists endpoints with their ports as strings', () => {
    const endpoints = [{ host: 'h', ports: ['80', '1024-65535'], protocol: 'udp' }];
    expect(validateBindingResource({ endpoints })).toEqual({ ok: true, value: { endpoints } });
    expect(validateBindingResource({ endpoints: [{ host: 'h', ports: [80] }] }).ok).toBe(false);
    expect(validateBindingResource({ endpoints: [{ host: 'h', ports: [], protocol: 'sctp' }] }).ok).toBe(false);
  });

  test('to a provision may be empty but not anything else than an object', () => {
    expect(validateProvisionResponse({}).ok).toBe(true);
    expect(validateProvisionResponse({ dashboard_url: null, operation: 'o', x: 1 })).toEqual({
      ok: true,
      value: { operation: 'o' },
    });
    expect(validateProvisionResponse(null).ok).toBe(false);
    expect(validateProvisionResponse({ operation: 5 }).ok).toBe(false);
    expect(validateOperationResponse({ operation: 'x'.repeat(10_001) }).ok).toBe(false);
  });

  test('describes an instance, labels being strings', () => {
    const metadata = { labels: { a: 'b' }, attributes: { c: 'd' } };
    expect(validateInstanceResource({ plan_id: 'p', metadata })).toEqual({
      ok: true,
      value: { plan_id: 'p', metadata },
    });
    expect(validateInstanceResource({ metadata: { labels: { a: 1 } } }).ok).toBe(false);
  });

  test.each(['in progress', 'succeeded', 'failed'])('about the last operation may be %p', (state) => {
    expect(validateLastOperation({ state })).toEqual({ ok: true, value: { state } });
  });

  test.each([
    {},
    { state: 'done' },
    { state: 'IN PROGRESS' },
    { state: 'failed', instance_usable: 'no' },
    [],
    'failed',
  ])('about the last operation may not be %j', (body) => {
    expect(validateLastOperation(body).ok).toBe(false);
  });
});
