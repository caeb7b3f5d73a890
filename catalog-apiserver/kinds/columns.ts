import type { KubeObject } from '../../lib/kube/objects.ts';
import type { Column } from './kind.ts';
import { humanDuration } from './human-duration.ts';

/** A column with what most have. */
export function column(name: string, cell: Column['cell'], rest: Partial<Column> = {}): Column {
  return { name, type: 'string', description: name, priority: 0, ...rest, cell };
}

export const AGE = column('Age', (object, now) => ageOf(object.metadata.creationTimestamp, now), {
  description: 'How long ago the object was created.',
});

/** `5m`, or `<unknown>` as kubectl users know it. */
export function ageOf(timestamp: unknown, now: number): string {
  const moment = typeof timestamp === 'string' ? Date.parse(timestamp) : Number.NaN;
  return Number.isNaN(moment) ? '<unknown>' : humanDuration(now - moment);
}

/** How many entries a map of the object has, such as the keys of a Secret. */
export function entryCount(...fields: string[]): (object: KubeObject) => number {
  return (object) =>
    fields.reduce((sum, field) => {
      const map = (object as unknown as Record<string, unknown>)[field];
      return sum + (typeof map === 'object' && map !== null ? Object.keys(map).length : 0);
    }, 0);
}
