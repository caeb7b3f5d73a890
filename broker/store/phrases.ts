import type { OperationKind } from './records.ts';

/** What an operation is said to be at, to whoever polls it. */

const WORK: Readonly<Record<OperationKind, { readonly toDo: string; readonly doing: string }>> = {
  provision: { toDo: 'create the database', doing: 'creating the database' },
  update: { toDo: 'change the database', doing: 'changing the database' },
  deprovision: { toDo: 'delete the database', doing: 'deleting the database' },
  bind: { toDo: 'create the login', doing: 'creating the login' },
  unbind: { toDo: 'revoke the login', doing: 'deleting the login' },
};

interface Work {
  readonly kind: OperationKind;
  readonly server: string;
}

/** Nobody is at it yet. */
export function waitingDescription({ kind, server }: Work): string {
  return `waiting to ${WORK[kind].toDo} on ${server}`;
}

/** A worker has it. */
export function workingDescription({ kind, server }: Work): string {
  return `${WORK[kind].doing} on ${server}`;
}
