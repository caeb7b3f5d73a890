import type { Fault } from '../admission.ts';
import { isTrue } from '../conditions.ts';
import type { ServiceBindingStatus } from '../types.generated.ts';

const MAX_OPERATION_LENGTH = 10_000;
const OPERATIONS: readonly unknown[] = [undefined, '', 'Bind', 'Unbind'];
const UNBIND_STATES: readonly unknown[] = [undefined, '', 'NotRequired', 'Required', 'Succeeded', 'Failed'];

/**
 * What contradicts itself in the status of a binding. Only controllers write it, and one that errs must be stopped
 * before credentials are lost: what is recorded here decides whether they are removed at the broker.
 */
export function bindingStatusFaults(status: ServiceBindingStatus): Fault[] {
  const faults: Fault[] = [];
  const refuse = (condition: boolean, field: string, message: string): void => {
    if (condition) faults.push({ field: `status.${field}`, message });
  };
  const operation = status.currentOperation ?? '';
  const mitigating = status.orphanMitigationInProgress === true;
  const busy = operation !== '' || mitigating;
  refuse(!OPERATIONS.includes(status.currentOperation), 'currentOperation', 'must be empty, Bind or Unbind');
  refuse(
    !UNBIND_STATES.includes(status.unbindStatus),
    'unbindStatus',
    'must be empty, NotRequired, Required, Succeeded or Failed',
  );
  refuse(status.asyncOpInProgress === true && !busy, 'asyncOpInProgress', 'must not be true without an operation');
  refuse(
    operation === 'Bind' && status.inProgressProperties === undefined,
    'inProgressProperties',
    'is required while the operation is Bind',
  );
  refuse(
    operation !== 'Bind' && !mitigating && status.inProgressProperties !== undefined,
    'inProgressProperties',
    'is only there while the operation is Bind or its remains are removed',
  );
  refuse(isTrue(status, 'Ready') && operation !== '', 'conditions', 'Ready must not be True during an operation');
  refuse(
    (status.lastOperation ?? '').length > MAX_OPERATION_LENGTH,
    'lastOperation',
    `must have at most ${MAX_OPERATION_LENGTH} characters`,
  );
  for (const field of ['inProgressProperties', 'externalProperties'] as const) {
    const checksum = status[field]?.parameterChecksum ?? '';
    refuse(!/^([0-9a-f]{64})?$/.test(checksum), `${field}.parameterChecksum`, 'must be 64 hexadecimal digits or empty');
  }
  return faults;
}
