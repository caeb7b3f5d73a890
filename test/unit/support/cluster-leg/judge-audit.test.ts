import { describe, expect, test } from '@jest/globals';
import type { AuditEvent } from '../../../support/cluster-leg/audit.ts';
import type { ChartObject } from '../../../support/cluster-leg/chart.ts';
import { grantsOf } from '../../../support/cluster-leg/grants.ts';
import { judgeAudit } from '../../../support/cluster-leg/judge-audit.ts';

const USER = 'system:serviceaccount:ns:worker';
const START = Date.parse('2026-01-01T00:00:00Z');

const access = [
  {
    apiVersion: 'v1',
    kind: 'Role',
    metadata: { name: 'worker', namespace: 'ns' },
    rules: [
      { apiGroups: ['coordination.k8s.io'], resources: ['leases'], resourceNames: ['one'], verbs: ['update'] },
      { apiGroups: [''], resources: ['secrets'], verbs: ['get'] },
    ],
  },
  {
    apiVersion: 'v1',
    kind: 'RoleBinding',
    metadata: { name: 'worker', namespace: 'ns' },
    roleRef: { kind: 'Role', name: 'worker' },
    subjects: [{ kind: 'ServiceAccount', name: 'worker', namespace: 'ns' }],
  },
] as unknown as ChartObject[];

interface Request {
  readonly verb?: string;
  readonly name?: string;
  readonly namespace?: string;
  readonly code?: number;
  readonly message?: string;
  readonly secondsAfterStart?: number;
}

const lease = ({ verb = 'update', name = 'one', namespace = 'ns', code = 200, ...more }: Request = {}): AuditEvent => ({
  stage: 'ResponseComplete',
  verb,
  requestURI: '/',
  user: { username: USER },
  objectRef: { apiGroup: 'coordination.k8s.io', resource: 'leases', namespace, name },
  responseStatus: { code, ...(more.message === undefined ? {} : { message: more.message }) },
  requestReceivedTimestamp: new Date(START + (more.secondsAfterStart ?? 3600) * 1000).toISOString(),
});
const secret: AuditEvent = {
  ...lease({ verb: 'get' }),
  objectRef: { resource: 'secrets', namespace: 'ns', name: 'x' },
};

const judge = (events: readonly AuditEvent[], rare: Record<string, string> = {}, complete = true): readonly string[] =>
  judgeAudit({ events, grants: grantsOf(access), rare, complete, starts: [START] }).faults;

describe('an audit log held against the rights', () => {
  test('is without fault when everything was allowed and every right was used', () => {
    expect(judge([lease(), secret])).toEqual([]);
  });

  test.each<[string, Request, string]>([
    ['another verb', { verb: 'delete' }, 'unexpected: worker: delete leases.coordination.k8s.io in ns'],
    ['another name', { name: 'two' }, 'unexpected: worker: update leases.coordination.k8s.io in ns'],
    ['another namespace', { namespace: 'other' }, 'unexpected: worker: update leases.coordination.k8s.io in other'],
    ['a denied request', { code: 403, message: 'no' }, 'denied: worker: update leases.coordination.k8s.io in ns: no'],
  ])('shows %s', (_what, request, fault) => {
    expect(judge([lease(), secret, lease(request)])).toContain(fault);
  });

  test('excuses what an API server denied before it had read the roles, if they grant it', () => {
    expect(judge([lease(), secret, lease({ code: 403, secondsAfterStart: 5 })])).toEqual([]);
    expect(judge([lease(), secret, lease({ verb: 'delete', code: 403, secondsAfterStart: 5 })])).not.toEqual([]);
  });

  test('excuses what a namespace that is being deleted does not take', () => {
    const message = 'unable to create new content in namespace ns because it is being terminated';
    expect(judge([lease({ code: 403, message }), secret])).toEqual([]);
  });

  test('shows a right that nobody used, unless its case is rare or not all suites ran', () => {
    expect(judge([lease()])).toEqual(['granted and never used: worker: get secrets in ns']);
    expect(judge([lease()], { 'worker: get secrets in ns': 'once a year' })).toEqual([]);
    expect(judge([lease()], {}, false)).toEqual([]);
  });

  test('shows a rare case whose right is not granted any more', () => {
    expect(judge([lease(), secret], { 'worker: list secrets': 'never' })).toEqual([
      'rare, but not granted: worker: list secrets',
    ]);
  });
});
