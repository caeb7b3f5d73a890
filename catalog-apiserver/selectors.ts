import type { KubeObject } from '../lib/kube/objects.ts';
import type { Kind } from './kinds/kind.ts';

/** A selector that cannot be read, or selects by what cannot be selected by. */
export class SelectorError extends Error {
  override readonly name = 'SelectorError';
}

export type Matcher = (object: KubeObject) => boolean;

interface Requirement {
  readonly key: string;
  readonly operator: 'in' | 'notin' | 'exists' | 'absent' | 'greater' | 'less';
  readonly values: readonly string[];
}

const KEY = /^([a-z0-9]([-a-z0-9.]*[a-z0-9])?\/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/u;
const VALUE = /^([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?$/u;
const SET = /^(?<key>[^\s!=<>(),]+)\s+(?<operator>in|notin)\s*\((?<values>[^()]*)\)$/u;
const COMPARISON = /^(?<key>[^\s!=<>(),]+)\s*(?<operator>==|=|!=|>|<)\s*(?<value>[^\s!=<>(),]*)$/u;
const EXISTENCE = /^(?<not>!?)\s*(?<key>[^\s!=<>(),]+)$/u;

/**
 * Reads a label selector in all of its syntax: `a=b`, `a==b`, `a!=b`, `a in (b, c)`, `a notin (b)`, `a`, `!a`, `a>1`,
 * `a<2`, joined by commas. Empty selects everything (undefined). Throws {@link SelectorError}.
 */
export function labelMatcher(selector: string): Matcher | undefined {
  if (selector.trim() === '') return undefined;
  const requirements = splitOutsideParentheses(selector).map((part) => readRequirement(part.trim()));
  return (object) => {
    const labels = object.metadata.labels ?? {};
    return requirements.every((requirement) => holds(requirement, labels));
  };
}

function splitOutsideParentheses(selector: string): string[] {
  return selector.split(/,(?![^(]*\))/u);
}

function readRequirement(text: string): Requirement {
  const set = SET.exec(text)?.groups;
  if (set !== undefined) {
    const values = (set['values'] ?? '').split(',').map((value) => value.trim());
    return checked({ key: set['key'] ?? '', operator: set['operator'] === 'in' ? 'in' : 'notin', values }, text);
  }
  const comparison = COMPARISON.exec(text)?.groups;
  if (comparison !== undefined) {
    const { key = '', value = '' } = comparison;
    const operator = COMPARISONS[comparison['operator'] ?? ''] ?? 'in';
    return checked({ key, operator, values: [value] }, text);
  }
  const existence = EXISTENCE.exec(text)?.groups;
  if (existence === undefined) throw new SelectorError(`unable to parse requirement: ${JSON.stringify(text)}`);
  return checked(
    { key: existence['key'] ?? '', operator: existence['not'] === '!' ? 'absent' : 'exists', values: [] },
    text,
  );
}

const COMPARISONS: Readonly<Record<string, Requirement['operator']>> = {
  '=': 'in',
  '==': 'in',
  '!=': 'notin',
  '>': 'greater',
  '<': 'less',
};

function checked(requirement: Requirement, text: string): Requirement {
  if (!KEY.test(requirement.key))
    throw new SelectorError(`unable to parse requirement: invalid label key in ${JSON.stringify(text)}`);
  const numeric = requirement.operator === 'greater' || requirement.operator === 'less';
  const pattern = numeric ? /^-?\d+$/u : VALUE;
  const wrong = requirement.values.find((value) => !pattern.test(value));
  if (wrong !== undefined)
    throw new SelectorError(
      `unable to parse requirement: invalid value ${JSON.stringify(wrong)} in ${JSON.stringify(text)}`,
    );
  return requirement;
}

function holds(requirement: Requirement, labels: Readonly<Record<string, string>>): boolean {
  const value = Object.hasOwn(labels, requirement.key) ? labels[requirement.key] : undefined;
  switch (requirement.operator) {
    case 'in':
      return value !== undefined && requirement.values.includes(value);
    case 'notin':
      return value === undefined || !requirement.values.includes(value);
    case 'exists':
      return value !== undefined;
    case 'absent':
      return value === undefined;
    case 'greater':
      return value !== undefined && /^-?\d+$/u.test(value) && Number(value) > Number(requirement.values[0]);
    case 'less':
      return value !== undefined && /^-?\d+$/u.test(value) && Number(value) < Number(requirement.values[0]);
  }
}

/**
 * Reads a field selector, `a=b`, `a==b`, `a!=b` joined by commas (a backslash escapes `,`, `=` and itself), over the
 * fields the kind can be selected by. Throws {@link SelectorError} that names a field which is none of them.
 */
export function fieldMatcher(selector: string, kind: Kind): Matcher | undefined {
  if (selector.trim() === '') return undefined;
  const terms = selector.split(/(?<!\\),/u).map((text) => readTerm(text, kind));
  return (object) => terms.every(({ read, value, equal }) => (read(object) === value) === equal);
}

function readTerm(text: string, kind: Kind): { read: (object: KubeObject) => string; value: string; equal: boolean } {
  const parts = /^\s*(?<field>[^!=]+?)\s*(?<operator>!=|==|=)(?<value>.*)$/su.exec(text)?.groups;
  if (parts === undefined)
    throw new SelectorError(`invalid selector: ${JSON.stringify(text)}; can't understand ${JSON.stringify(text)}`);
  const { field = '', operator, value = '' } = parts;
  const read = fieldReader(field, kind);
  if (read === undefined) throw new SelectorError(`field label not supported: ${field}`);
  return { read, value: value.replaceAll(/\\(.)/gu, '$1'), equal: operator !== '!=' };
}

function fieldReader(field: string, kind: Kind): ((object: KubeObject) => string) | undefined {
  if (field === 'metadata.name') return (object) => object.metadata.name ?? '';
  if (field === 'metadata.namespace' && kind.resource.namespaced) return (object) => object.metadata.namespace ?? '';
  return Object.hasOwn(kind.selectableFields, field) ? kind.selectableFields[field] : undefined;
}
