import type { MergedParameters } from '../../lib/catalog/parameters.ts';

/** The parameters as they would be sent now. `undefined` as long as a pass has not looked. */
export type ParametersLookup = MergedParameters | undefined;

export type GoodParameters = Extract<MergedParameters, { ok: true }>;
