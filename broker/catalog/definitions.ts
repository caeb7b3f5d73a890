import type { EngineKind } from '../engine/engine.ts';
import type { JsonObject } from '../../lib/osb/types.ts';

/** What an operator says about a plan, in the configuration file or by default. */
export interface PlanDefinition {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  readonly free: boolean;
  /** Most connections at once: over the database, or per login where the server can only limit logins. */
  readonly connections: number;
  /** Gigabytes; recorded with the instance, not enforced yet. */
  readonly storageGB: { readonly default: number; readonly maximum: number };
  readonly metadata: JsonObject;
}

/** What an operator says about a service: one kind of database. */
export interface ServiceDefinition {
  readonly id: string;
  readonly name: string;
  readonly engine: EngineKind;
  readonly description: string;
  readonly tags: readonly string[];
  readonly metadata: JsonObject;
  readonly plans: readonly PlanDefinition[];
}
