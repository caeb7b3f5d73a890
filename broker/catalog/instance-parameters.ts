import type { JsonObject } from '../../lib/osb/types.ts';
import type { PlanDefinition } from './definitions.ts';

/** The parameters of an instance as its user gave them, over all requests; what was never said is absent. */
export interface GivenParameters {
  readonly storageGB?: number;
  readonly version?: string;
}

/** The parameters an instance has: what was given, and defaults for the rest. */
export interface EffectiveParameters {
  readonly storageGB: number;
  readonly version: string;
}

/** Reads parameters that the plan's schema has accepted. */
export function givenParameters(validated: JsonObject): GivenParameters {
  const { storageGB, version } = validated;
  return {
    ...(typeof storageGB === 'number' ? { storageGB } : {}),
    ...(typeof version === 'string' ? { version } : {}),
  };
}

/** Fills defaults: the plan's storage, and `defaultVersion`. */
export function effectiveParameters(
  given: GivenParameters,
  plan: PlanDefinition,
  defaultVersion: string,
): EffectiveParameters {
  return { storageGB: given.storageGB ?? plan.storageGB.default, version: given.version ?? defaultVersion };
}

/** What an existing instance was asked for and has. */
export interface ExistingParameters {
  readonly given: GivenParameters;
  readonly effective: EffectiveParameters;
}

/**
 * Whether a repeated provision request asks for what the instance has now (spec.md "Provisioning": 200, else 409).
 * A default that was never spelled out stays equal to its absence even after the operator has changed the default.
 */
export function asksForTheSame(
  request: GivenParameters,
  existing: ExistingParameters,
  plan: PlanDefinition,
  defaultVersion: string,
): boolean {
  const { given, effective } = existing;
  const storageGB = request.storageGB ?? (given.storageGB === undefined ? effective.storageGB : plan.storageGB.default);
  const version = request.version ?? (given.version === undefined ? effective.version : defaultVersion);
  return storageGB === effective.storageGB && version === effective.version;
}
