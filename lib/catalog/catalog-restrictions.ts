import { parseSelector, selects } from './label-selector.ts';
import type { Requirement } from './label-selector.ts';
import { classNameOf } from './scope.ts';
import type { AnyBroker, AnyClass, AnyPlan, Scope } from './scope.ts';

/** `spec.catalogRestrictions` of a broker, understood: which classes and plans are offered. */
export interface CatalogRestrictions {
  readonly classes: readonly Requirement[];
  readonly plans: readonly Requirement[];
}

/** A restriction that cannot be understood. `field` is its path in the broker. */
export interface RestrictionFault {
  readonly field: string;
  readonly message: string;
}

const CLASS_PROPERTIES = ['name', 'spec.externalName', 'spec.externalID'] as const;

function planProperties(scope: Scope): readonly string[] {
  return [...CLASS_PROPERTIES, 'spec.free', scope.planClassProperty];
}

/** The restrictions of a broker, with what is wrong with them. A broker without any offers its whole catalog. */
export function parseRestrictions(
  scope: Scope,
  broker: AnyBroker,
): { readonly restrictions: CatalogRestrictions; readonly faults: readonly RestrictionFault[] } {
  const faults: RestrictionFault[] = [];
  const { serviceClass, servicePlan } = broker.spec.catalogRestrictions ?? {};
  const restrictions = {
    classes: parse('spec.catalogRestrictions.serviceClass', serviceClass, CLASS_PROPERTIES, faults),
    plans: parse('spec.catalogRestrictions.servicePlan', servicePlan, planProperties(scope), faults),
  };
  return { restrictions, faults };
}

export function offersClass(restrictions: CatalogRestrictions, offered: AnyClass): boolean {
  return selects(restrictions.classes, properties(offered));
}

export function offersPlan(restrictions: CatalogRestrictions, scope: Scope, plan: AnyPlan): boolean {
  return selects(restrictions.plans, {
    ...properties(plan),
    'spec.free': String(plan.spec.free ?? false),
    [scope.planClassProperty]: classNameOf(scope, plan),
  });
}

function properties(offered: AnyClass | AnyPlan): Record<(typeof CLASS_PROPERTIES)[number], string> {
  return {
    name: offered.metadata.name ?? '',
    'spec.externalName': offered.spec.externalName,
    'spec.externalID': offered.spec.externalID,
  };
}

function parse(
  field: string,
  texts: readonly string[] | undefined,
  allowed: readonly string[],
  faults: RestrictionFault[],
): Requirement[] {
  return (texts ?? []).flatMap((text, index) => {
    const parsed = parseSelector(text);
    const at = `${field}[${index}]`;
    if (!parsed.ok) {
      faults.push({ field: at, message: `${parsed.message}; write it as a label selector, such as "name in (a, b)"` });
      return [];
    }
    for (const { key } of parsed.requirements) {
      if (!allowed.includes(key)) {
        faults.push({
          field: at,
          message: `"${key}" is not a property to restrict by; there are ${allowed.join(', ')}`,
        });
      }
    }
    return parsed.requirements;
  });
}
