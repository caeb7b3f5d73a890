import type { InstanceMetadata } from '../../lib/osb/types.ts';
import { bounded } from './failure.ts';

/** `text`, with what the broker adds to it in parentheses. */
export function withDetail(text: string, detail: string): string {
  const line = bounded(detail);
  return line === '' ? text : `${text} (${line})`;
}

/** The labels a broker gives an instance, which say what it really is: `provider: MariaDB, version: 10.11.19`. */
export function shownLabels(metadata: InstanceMetadata | undefined): string {
  return Object.entries(metadata?.labels ?? {})
    .slice(0, 8)
    .map(([name, value]) => `${name}: ${value}`)
    .join(', ');
}
