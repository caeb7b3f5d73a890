import type { Fault } from '../admission.ts';
import { DNS_SUBDOMAIN_RULE, isDnsSubdomain, isSecretKey, SECRET_KEY_RULE } from '../names.ts';
import type { ParametersFromSource } from '../types.generated.ts';
import type { Shape } from './shape.ts';

/** The fields by which instances and bindings get parameters. */
export const PARAMETERS_SHAPE: Shape = {
  'spec.parameters': 'object',
  'spec.parametersFrom': 'array',
  'spec.parametersFrom[]': 'object',
  'spec.parametersFrom[].secretKeyRef': 'object',
  'spec.parametersFrom[].secretKeyRef.name': 'string',
  'spec.parametersFrom[].secretKeyRef.key': 'string',
};

/** What is wrong with `parametersFrom`, of an instance or a binding. */
export function parametersFromFaults(from: readonly ParametersFromSource[] | undefined): Fault[] {
  return (from ?? []).flatMap((source, index) => {
    const at = `spec.parametersFrom[${index}].secretKeyRef`;
    const { name = '', key = '' }: { name?: string; key?: string } =
      (source as Partial<ParametersFromSource>).secretKeyRef ?? {};
    return [
      ...(isDnsSubdomain(name) ? [] : [{ field: `${at}.name`, message: `is required and ${DNS_SUBDOMAIN_RULE}` }]),
      ...(isSecretKey(key) ? [] : [{ field: `${at}.key`, message: `is required and ${SECRET_KEY_RULE}` }]),
    ];
  });
}

/** A text that is too long, if it is. */
export function lengthFault(field: string, value: string | undefined, most: number): Fault[] {
  return (value ?? '').length > most ? [{ field, message: `must have at most ${most} characters` }] : [];
}
