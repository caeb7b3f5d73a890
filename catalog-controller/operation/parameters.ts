import type { MergedParameters } from '../../lib/catalog/parameters.ts';

/** The parameters as they would be sent now. `undefined` where a pass has no use for them. */
export type ParametersLookup = MergedParameters | undefined;

export type GoodParameters = Extract<MergedParameters, { ok: true }>;
