import { randomUUID } from 'node:crypto';
import { newDatabaseName, newPassword, newUsername } from '../../broker/engine/names.ts';

/** What is measured, in the order an instance lives through it. */
export const OPERATIONS = ['provision', 'bind', 'unbind', 'deprovision'] as const;
export type Operation = (typeof OPERATIONS)[number];

/** One instance with one binding. */
export interface Subject {
  readonly instanceId: string;
  readonly bindingId: string;
  /** The names the bare way uses; the broker chooses its own. */
  readonly database: string;
  readonly username: string;
  readonly password: string;
}

/** A way to get the same work done on one database server. */
export interface Way {
  readonly name: 'broker' | 'bare';
  /** Resolves when the operation is done, not when it is accepted. Rejects when it fails: nothing is tried again. */
  perform(operation: Operation, subject: Subject): Promise<void>;
  close(): Promise<void>;
}

export function newSubject(): Subject {
  return {
    instanceId: randomUUID(),
    bindingId: randomUUID(),
    database: newDatabaseName(),
    username: newUsername(),
    password: newPassword(),
  };
}
