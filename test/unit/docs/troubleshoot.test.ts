import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { conditionEvents } from '../../../catalog-controller/kubernetes/condition-events.ts';
import { REASONS } from '../../../lib/catalog/reasons.ts';
import type { Reason } from '../../../lib/catalog/reasons.ts';
import type { Condition } from '../../../lib/catalog/types.generated.ts';
import { sectionsOf } from './sections.ts';

const reasons = Object.keys(REASONS) as Reason[];
const sections = sectionsOf('troubleshoot.md', 3);

/** The folder of the controller of each kind. */
const FOLDERS: Readonly<Record<string, string>> = {
  ClusterServiceBroker: 'broker',
  ServiceBroker: 'broker',
  ServiceInstance: 'instance',
  ServiceBinding: 'binding',
};

/** The line under a heading: "`Kind`, `Kind` · `Ready=False` · Event Normal". */
function factsOf(reason: Reason): { readonly kinds: string[]; readonly conditions: string[]; readonly event: string } {
  const line = sections.find(({ heading }) => heading === reason)?.text.split('\n')[0] ?? '';
  const [kinds = '', conditions = '', event = ''] = line.split(' · ');
  const quoted = (text: string): string[] => [...text.matchAll(/`([^`]+)`/g)].map(([, word = '']) => word);
  return { kinds: quoted(kinds), conditions: quoted(conditions), event };
}

const sources = new Map(
  [...new Set(Object.values(FOLDERS))].map((folder) => [folder, sourceOf(`catalog-controller/${folder}`)]),
);

function sourceOf(folder: string): string {
  const path = join(import.meta.dirname, '../../..', folder);
  return (
    readdirSync(path)
      .filter((file) => file.endsWith('.ts'))
      .map((file) => readFileSync(join(path, file), 'utf8'))
      .join('\n')
      // A reason that something is compared with is another controller's.
      .replace(/[!=]==? \(?'\w+'/g, '')
  );
}

describe('docs/troubleshoot.md', () => {
  test('has each reason once, and no other', () => {
    expect(sections.map(({ heading }) => heading).sort()).toEqual([...reasons].sort());
  });

  test.each(reasons)('says of %s where it is, what it means and what to do', (reason) => {
    const { text = '' } = sections.find(({ heading }) => heading === reason) ?? {};
    const paragraphs = text.split('\n\n');
    expect(paragraphs).toHaveLength(3);
    expect(paragraphs[2]).toMatch(/^\*\*What to do:\*\* /);
    const { kinds, conditions, event } = factsOf(reason);
    expect(kinds.filter((kind) => !(kind in FOLDERS))).toEqual([]);
    expect(
      conditions.filter((condition) => !/^(Ready|Failed|OrphanMitigation)=(True|False|Unknown)$/.test(condition)),
    ).toEqual([]);
    expect(event).toMatch(/^(Event (Normal|Warning)|no Event)$/);
  });

  test.each(reasons)('names for %s the kinds whose controllers use it', (reason) => {
    const documented = new Set(factsOf(reason).kinds.map((kind) => FOLDERS[kind]));
    const using = [...sources].filter(([, source]) => source.includes(`'${reason}'`)).map(([folder]) => folder);
    expect([...documented].sort()).toEqual(using.sort());
  });

  test.each(reasons.filter((reason) => factsOf(reason).conditions.length > 0))(
    'tells which Event the condition %s makes',
    (reason) => {
      const { conditions, event } = factsOf(reason);
      for (const condition of conditions) {
        const [type, status] = condition.split('=') as [Condition['type'], Condition['status']];
        const after = { conditions: [{ type, status, reason, message: '', lastTransitionTime: '' }] };
        const [happening] = conditionEvents(undefined, after);
        expect(event).toBe(happening === undefined ? 'no Event' : `Event ${happening.type}`);
      }
    },
  );
});
