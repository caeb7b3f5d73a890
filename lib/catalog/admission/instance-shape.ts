import type { AdmissionRequest, Fault } from '../admission.ts';
import { fieldOf, namings } from '../references.ts';
import { fieldList, SCOPES } from '../scope.ts';
import type { ServiceInstance } from '../types.generated.ts';
import { lengthFault, parametersFromFaults, PARAMETERS_SHAPE } from './parameter-fields.ts';
import { withShape } from './shape.ts';
import type { Shape } from './shape.ts';

/** What an instance must look like whatever else exists. */

const SHAPE: Shape = {
  spec: 'object',
  ...namingShape(),
  ...PARAMETERS_SHAPE,
  'spec.externalID': 'string',
  'spec.userInfo': 'object',
  'spec.updateRequests': 'integer',
};

/** The fields that name class and plan, and the references to them. */
function namingShape(): Shape {
  const shape: Record<string, Shape[string]> = {};
  for (const { classFields, planFields, classRefField, planRefField } of SCOPES) {
    for (const field of [...fieldList(classFields), ...fieldList(planFields)]) shape[`spec.${field}`] = 'string';
    for (const field of [classRefField, planRefField]) {
      shape[`spec.${field}`] = 'object';
      shape[`spec.${field}.name`] = 'string';
    }
  }
  return shape;
}

/** The instance of a request with the types its fields must have, or what is wrong with it. */
export function readInstance(request: AdmissionRequest): {
  readonly instance?: ServiceInstance;
  readonly faults: readonly Fault[];
} {
  const required = [{ field: 'spec', message: 'is required' }];
  if (request.object === undefined) return { faults: required };
  const { object, faults } = withShape(request.object, SHAPE);
  if (!('spec' in object)) return { faults: required };
  return faults.length > 0 ? { faults } : { instance: object as ServiceInstance, faults };
}

/** What is wrong with an instance by itself. */
export function validateInstance({ spec }: ServiceInstance): Fault[] {
  return [
    ...classAndPlanFaults(spec),
    ...parametersFromFaults(spec.parametersFrom),
    ...lengthFault('spec.externalID', spec.externalID, 63),
    ...((spec.updateRequests ?? 0) < 0 ? [{ field: 'spec.updateRequests', message: 'must not be negative' }] : []),
  ];
}

function classAndPlanFaults(spec: ServiceInstance['spec']): Fault[] {
  const classes = namings(spec, 'classFields');
  const plans = namings(spec, 'planFields');
  const [serviceClass] = classes;
  if (serviceClass === undefined) {
    return [
      {
        field: 'spec',
        message:
          'must name a class: set clusterServiceClassExternalName, or another of the fields clusterServiceClass… and serviceClass…',
      },
    ];
  }
  const list = (fields: readonly string[]): string => fields.join(' and ');
  if (classes.length > 1) {
    const fields = classes.map((naming) => fieldOf(naming, 'classFields'));
    return [{ field: 'spec', message: `must name the class once, and has ${list(fields)}; leave one of them` }];
  }
  const wanted = serviceClass.scope.planFields[serviceClass.by];
  const others = plans.map((naming) => fieldOf(naming, 'planFields')).filter((field) => field !== wanted);
  if (others.length > 0) {
    const classField = fieldOf(serviceClass, 'classFields');
    return [
      {
        field: 'spec',
        message: `names the class by ${classField}, so the plan goes into ${wanted}; remove ${list(others)}`,
      },
    ];
  }
  const most = serviceClass.by === 'name' ? 253 : 63;
  return [serviceClass, ...plans].flatMap((naming) =>
    lengthFault(`spec.${fieldOf(naming, naming === serviceClass ? 'classFields' : 'planFields')}`, naming.value, most),
  );
}
