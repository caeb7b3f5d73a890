import { describe, expect, test } from '@jest/globals';
import { settleUnbind } from '../../../catalog-controller/binding/settle-unbind.ts';
import { settleDeprovision } from '../../../catalog-controller/instance/settle-deprovision.ts';
import { findCondition } from '../../../lib/catalog/conditions.ts';
import type { BindingObserved } from '../../../catalog-controller/binding/observed.ts';
import { anInstance, observing, PROVISIONED } from './instance/builders.ts';

/** As a broker answers that knows the id from another cluster or namespace. */
const refusals = [400, 403, 404, 409, 412, 422].map(
  (status) => ({ kind: 'rejected', status, description: 'it belongs to another cluster' }) as const,
);

describe.each(refusals)('a removal that is refused with $status', (refusal) => {
  const deleted = { deletionTimestamp: '2026-01-01T00:00:00Z' };

  test.each([false, true])('keeps the instance, says why and goes on trying (remains: %s)', (mitigating) => {
    const status = mitigating
      ? ({ deprovisionStatus: 'Required', currentOperation: 'Provision', orphanMitigationInProgress: true } as const)
      : ({ ...PROVISIONED, currentOperation: 'Deprovision' } as const);
    const settled = settleDeprovision(observing(anInstance(status, deleted)), refusal);
    expect(settled.release).toBe(false);
    expect(settled.status).toMatchObject({ deprovisionStatus: 'Required', retry: { attempts: 1 } });
    expect(settled.status.orphanMitigationInProgress === true).toBe(mitigating);
    expect(findCondition(settled.status, 'Ready')?.message).toContain('it belongs to another cluster');
  });

  test.each([false, true])('keeps the binding, says why and goes on trying (remains: %s)', (mitigating) => {
    const { now, random, policy } = observing(anInstance());
    const binding = {
      metadata: { name: 'app', namespace: 'ns', uid: 'uid', generation: 1, ...deleted },
      spec: { instanceRef: { name: 'db' }, externalID: 'uid' },
      status: {
        unbindStatus: 'Required',
        currentOperation: mitigating ? 'Bind' : 'Unbind',
        ...(mitigating ? { orphanMitigationInProgress: true } : {}),
      },
    } as const;
    const settled = settleUnbind({ now, random, policy, binding } as unknown as BindingObserved, refusal);
    expect(settled.release).toBe(false);
    expect(settled.status).toMatchObject({ unbindStatus: 'Required', retry: { attempts: 1 } });
    expect(settled.status.orphanMitigationInProgress === true).toBe(mitigating);
    expect(findCondition(settled.status, 'Ready')?.message).toContain('it belongs to another cluster');
  });
});
