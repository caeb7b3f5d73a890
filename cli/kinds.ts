import { UsageError } from '../lib/runtime/errors.ts';

/** The kinds of things svcat speaks of. Each of the first three is two Kubernetes kinds, one for each scope. */
export type KindName = 'broker' | 'class' | 'plan' | 'instance' | 'binding';

export type ScopeChoice = 'cluster' | 'namespace' | 'all';

const WORDS: Readonly<Record<string, KindName>> = {
  broker: 'broker',
  brokers: 'broker',
  class: 'class',
  classes: 'class',
  plan: 'plan',
  plans: 'plan',
  instance: 'instance',
  instances: 'instance',
  binding: 'binding',
  bindings: 'binding',
};

/** The kind a word on the command line means, singular or plural. */
export function parseKind(word: string): KindName {
  const kind = Object.hasOwn(WORDS, word.toLowerCase()) ? WORDS[word.toLowerCase()] : undefined;
  if (kind === undefined) {
    throw new UsageError(`"${word}" is none of brokers, classes, plans, instances and bindings`);
  }
  return kind;
}

/** `instance/NAME`, `binding/NAME` or a name alone. */
export function parseTarget(text: string): { readonly kind?: 'instance' | 'binding'; readonly name: string } {
  const slash = text.indexOf('/');
  if (slash < 0) return { name: text };
  const kind = parseKind(text.slice(0, slash));
  const name = text.slice(slash + 1);
  if ((kind !== 'instance' && kind !== 'binding') || name === '') {
    throw new UsageError(`"${text}" must be instance/NAME, binding/NAME or a name`);
  }
  return { kind, name };
}
