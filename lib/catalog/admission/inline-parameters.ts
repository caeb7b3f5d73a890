import type { Fault } from '../admission.ts';
import { checkParameters } from '../parameter-schema.ts';
import type { AnyPlan } from '../scope.ts';
import type { ParametersFromSource } from '../types.generated.ts';

/** The schemas a plan has for parameters. */
export type SchemaField =
  'instanceCreateParameterSchema' | 'instanceUpdateParameterSchema' | 'serviceBindingCreateParameterSchema';

/**
 * What the plan does not allow in `spec.parameters`. With parametersFrom nothing is looked at here: only the controller,
 * which reads the Secrets, has all parameters together. A schema that cannot be used is a warning, not a fault.
 */
export function inlineParameterFaults(
  plan: AnyPlan,
  field: SchemaField,
  spec: { readonly parameters?: Record<string, unknown>; readonly parametersFrom?: readonly ParametersFromSource[] },
  warnings: string[],
): Fault[] {
  if ((spec.parametersFrom ?? []).length > 0) return [];
  const check = checkParameters(plan.spec[field], spec.parameters ?? {});
  switch (check.kind) {
    case 'valid':
      return [];
    case 'unchecked':
      warnings.push(
        `the parameters were not checked against the schema of plan "${plan.spec.externalName}": ${check.why}`,
      );
      return [];
    case 'invalid':
      return check.faults.map(({ path, message }) => ({
        field: path === '' ? 'spec.parameters' : `spec.parameters.${path}`,
        message,
      }));
  }
}
