import type { OperationRecord } from '../store/records.ts';
import type { Subject } from '../worker/perform.ts';

/** An operation in progress that a request has begun or joined. */
export interface Begun {
  readonly operation: OperationRecord;
  /** Of one that was given to the worker of this process. */
  readonly handedOver?: {
    readonly subject: Subject;
    /** Whether the attempt succeeded, once it has ended. */
    readonly succeeded: Promise<boolean>;
  };
}
