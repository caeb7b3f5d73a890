import type { Claim } from '../store/operations.ts';
import type { OperationRecord } from '../store/records.ts';
import type { Subject } from './perform.ts';

/**
 * How a request gives the operation it begins to the worker of its own process: it is written leased, so that nobody
 * has to be told of it, claim it and read it again.
 */
export interface Desk {
  /** Undefined when this worker has no room for another at the server; the operation is then queued for any. */
  reserve(server: string): HandOver | undefined;
}

/** Room for one operation. Ends with either of its methods. */
export interface HandOver {
  /** What the operation is to be written with. */
  readonly claim: Claim;
  /**
   * The operation has been committed with that claim. Resolves when the attempt has ended: true when it succeeded;
   * otherwise the store knows how it goes on.
   */
  begin(operation: OperationRecord, subject: Subject): Promise<boolean>;
  /** The operation was not written, or without the claim. */
  giveBack(): void;
}
