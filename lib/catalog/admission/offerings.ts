import type { AdmissionRequest, Fault, Verdict } from '../admission.ts';
import { classLabels, planLabels, withLabels } from '../labels.ts';
import { brokerNameOf, classNameOf } from '../scope.ts';
import type { AnyClass, AnyPlan, Scope } from '../scope.ts';
import { withShape } from './shape.ts';
import type { Shape } from './shape.ts';
import { allowed, invalid } from './verdicts.ts';
import type { Rules } from './verdicts.ts';
import { sameJson } from '../same-json.ts';

/** The rules for classes and plans: their labels, and what cannot change. */

const MAX_LENGTH = 63;

function shapeOf(scope: Scope): Shape {
  return {
    spec: 'object',
    'spec.externalName': 'string',
    'spec.externalID': 'string',
    [`spec.${scope.brokerNameField}`]: 'string',
    [`spec.${scope.classRefField}`]: 'object',
    [`spec.${scope.classRefField}.name`]: 'string',
  };
}

export function classRules(scope: Scope): Rules {
  return offeringRules(
    scope,
    (object) => classLabels(scope, object),
    (object) => ({
      [`spec.${scope.brokerNameField}`]: brokerNameOf(scope, object),
      'spec.externalID': object.spec.externalID,
    }),
  );
}

export function planRules(scope: Scope): Rules {
  return offeringRules(
    scope,
    (object) => planLabels(scope, object as AnyPlan),
    (object) => ({
      [`spec.${scope.brokerNameField}`]: brokerNameOf(scope, object),
      [`spec.${scope.classRefField}.name`]: classNameOf(scope, object as AnyPlan),
      'spec.externalID': object.spec.externalID,
    }),
  );
}

/** `identity` are the fields that may not change, by their paths. */
function offeringRules(
  scope: Scope,
  labels: (object: AnyClass | AnyPlan) => Record<string, string>,
  identity: (object: AnyClass | AnyPlan) => Record<string, string>,
): Rules {
  return {
    needs: () => [],
    admit(request: AdmissionRequest): Verdict {
      if (request.object === undefined) return invalid(request, [{ field: 'spec', message: 'is required' }]);
      const { object, faults } = withShape(request.object, shapeOf(scope));
      if (faults.length > 0) return invalid(request, faults);
      if (!('spec' in object)) return invalid(request, [{ field: 'spec', message: 'is required' }]);
      const offering = object as AnyClass | AnyPlan;
      const old = request.oldObject as AnyClass | AnyPlan | undefined;
      const wrong = old !== undefined && sameJson(old.spec, offering.spec) ? [] : validate(offering, old, identity);
      if (wrong.length > 0) return invalid(request, wrong);
      const labelled = withLabels(offering.metadata.labels, labels(offering)) ?? {};
      return allowed({ ...offering, metadata: { ...offering.metadata, labels: labelled } });
    },
  };
}

function validate(
  offering: AnyClass | AnyPlan,
  old: AnyClass | AnyPlan | undefined,
  identity: (object: AnyClass | AnyPlan) => Record<string, string>,
): Fault[] {
  const faults: Fault[] = [];
  const { externalName } = offering.spec as Partial<AnyClass['spec']>;
  const required: Record<string, string | undefined> = { ...identity(offering), 'spec.externalName': externalName };
  for (const [field, value] of Object.entries(required)) {
    if (value === undefined || value === '') faults.push({ field, message: 'is required' });
    else if (field.startsWith('spec.external') && value.length > MAX_LENGTH) {
      faults.push({ field, message: `must have at most ${MAX_LENGTH} characters` });
    }
  }
  if (old === undefined || faults.length > 0) return faults;
  const before = identity(old);
  for (const [field, value] of Object.entries(identity(offering))) {
    if (before[field] !== value) {
      faults.push({ field, message: `is immutable and "${before[field] ?? ''}" here; create another object` });
    }
  }
  return faults;
}
