import { findCondition } from '../../lib/catalog/conditions.ts';
import type { ServiceBinding, ServiceInstance } from '../../lib/catalog/types.generated.ts';
import type { Event } from '../../lib/kube/core-resources.ts';
import { age } from '../output/age.ts';
import type { Facts, Finding } from './facts.ts';

/** Warnings older than this are history. */
const RECENT_MS = 60 * 60_000;
const MAX_EVENTS = 5;

/** The latest warnings that neither are overcome nor told by `findings`; where all is well only how many there were. */
export function diagnoseEvents(facts: Facts, findings: readonly Finding[]): Finding[] {
  const step = 'events';
  const { now } = facts;
  const objects = [facts.instance, ...facts.bindings.map(({ binding }) => binding)].filter(
    (item) => item !== undefined,
  );
  const recent = facts.events.filter((event) => event.type === 'Warning' && now - timeOf(event) < RECENT_MS);
  const news = recent.filter((event) => {
    const about = objects.find(({ metadata }) => metadata.uid === event.involvedObject.uid);
    return !isOvercome(event, about) && !isTold(event, about, findings);
  });
  const warnings = [
    ...new Map(news.map((event) => [`${event.reason ?? ''}: ${event.message ?? ''}`, event])).entries(),
  ];
  const last = warnings.at(-1);
  if (last === undefined) {
    return [{ step, state: 'ok', text: `no ${recent.length > 0 ? 'new ' : ''}warnings in the last hour` }];
  }
  if (findings.every(({ state }) => state !== 'problem' && state !== 'waiting')) {
    const [, event] = last;
    const count = `${warnings.length} ${warnings.length === 1 ? 'warning' : 'warnings'}`;
    const text = `${count} in the last hour, the last ${age(eventTime(event), now)} ago (${event.reason ?? ''})`;
    return [{ step, state: 'note', text }];
  }
  return warnings.slice(-MAX_EVENTS).map(([text, event]) => ({
    step,
    state: 'note',
    text: `${age(eventTime(event), now)} ago, ${event.count ?? 1}x ${text}`,
  }));
}

/** What was wrong before an object became ready is so no more. Times of Events and conditions are whole seconds. */
function isOvercome(event: Event, about: ServiceInstance | ServiceBinding | undefined): boolean {
  const ready = findCondition(about?.status, 'Ready');
  return ready?.status === 'True' && timeOf(event) <= Date.parse(ready.lastTransitionTime);
}

/** Whether a finding has these words, or the condition a finding was made of. */
function isTold(
  { reason, message = '' }: Event,
  about: ServiceInstance | ServiceBinding | undefined,
  findings: readonly Finding[],
): boolean {
  const conditions = about?.status?.conditions ?? [];
  return (
    (message !== '' &&
      findings.some(({ state, text }) => (state === 'problem' || state === 'waiting') && text.includes(message))) ||
    conditions.some((condition) => condition.reason === reason && condition.message === message)
  );
}

function timeOf(event: Event): number {
  return Date.parse(eventTime(event) ?? '');
}

/** When an event happened last. */
export function eventTime(event: Event): string | undefined {
  return event.lastTimestamp ?? event.firstTimestamp ?? event.metadata.creationTimestamp;
}
