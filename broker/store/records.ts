import type { Access } from '../engine/engine.ts';
import type { EffectiveParameters, GivenParameters } from '../catalog/instance-parameters.ts';
import type { OriginatingIdentity } from '../../lib/osb/types.ts';
import type { Scope } from '../scope.ts';

/**
 * States of an instance and of a binding.
 *
 * - `creating`: a provision or bind is in progress. Ends in `ready` or `create-failed`.
 * - `create-failed`: it was given up; something may be left on the server. The same request again tries again.
 * - `ready`: usable. An update does not leave this state.
 * - `deleting`: a deprovision or unbind is in progress. Ends with the row gone, or in `delete-failed`.
 * - `delete-failed`: deletion was given up; the request again tries again.
 */
export type ResourceState = 'creating' | 'create-failed' | 'ready' | 'deleting' | 'delete-failed';

export interface InstanceRecord {
  readonly id: string;
  readonly scope: Scope;
  readonly serviceId: string;
  readonly planId: string;
  readonly given: GivenParameters;
  readonly effective: EffectiveParameters;
  readonly connectionLimit: number;
  /** Name of a server of the configuration. */
  readonly server: string;
  readonly databaseName: string;
  /** What the server said it is when the database was made. */
  readonly product: string | undefined;
  readonly productVersion: string | undefined;
  readonly state: ResourceState;
}

export interface BindingRecord {
  readonly id: string;
  readonly instanceId: string;
  readonly access: Access;
  readonly appGuid: string | undefined;
  readonly username: string;
  /** Encrypted (cipher.ts). */
  readonly encryptedPassword: string;
  readonly state: ResourceState;
}

export type OperationKind = 'provision' | 'update' | 'deprovision' | 'bind' | 'unbind';

/** What an update makes of the instance. */
export interface UpdateTarget {
  readonly planId: string;
  readonly given: GivenParameters;
  readonly effective: EffectiveParameters;
  readonly connectionLimit: number;
}

export interface OperationRecord {
  readonly id: string;
  readonly kind: OperationKind;
  readonly instanceId: string;
  readonly bindingId: string | undefined;
  readonly scope: Scope;
  readonly server: string;
  readonly target: UpdateTarget | undefined;
  readonly state: 'in progress' | 'succeeded' | 'failed';
  readonly description: string;
  /** Attempts that have begun. */
  readonly attempts: number;
  readonly runAfter: Date;
  readonly giveUpAt: Date;
  readonly leaseToken: number;
  readonly requestIdentity: string | undefined;
}

/** What is written to begin an operation. */
export interface NewOperation {
  readonly id: string;
  readonly kind: OperationKind;
  readonly instanceId: string;
  readonly bindingId?: string | undefined;
  readonly scope: Scope;
  readonly server: string;
  readonly target?: UpdateTarget | undefined;
  readonly giveUpAfterSeconds: number;
  readonly originatingIdentity?: OriginatingIdentity | undefined;
  readonly requestIdentity?: string | undefined;
}
