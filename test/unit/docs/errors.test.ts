import { describe, expect, test } from '@jest/globals';
import { OSB_ERRORS, OsbError } from '../../../lib/osb/errors.ts';
import type { OsbErrorCode } from '../../../lib/osb/errors.ts';
import { sectionsOf } from './sections.ts';

/** spec.md "Error Codes". */
const OF_THE_SPECIFICATION: readonly OsbErrorCode[] = [
  'AsyncRequired',
  'ConcurrencyError',
  'RequiresApp',
  'MaintenanceInfoConflict',
];

const sections = sectionsOf('errors.md', 3);
const codes = Object.keys(OSB_ERRORS) as OsbErrorCode[];

describe('docs/errors.md', () => {
  test('has each error of the catalogue once, and no other', () => {
    expect(sections.map(({ heading }) => heading).sort()).toEqual([...codes].sort());
  });

  test.each(codes)('says how %s looks on the wire, what it means and what to do', (code) => {
    const { text = '' } = sections.find(({ heading }) => heading === code) ?? {};
    const error = new OsbError(code, 'why');
    const key = error.toBody().error;
    const body = key === undefined ? 'body `{}`' : `\`"error": "${key}"\``;
    const whose = OF_THE_SPECIFICATION.includes(code) ? 'defined by the specification' : 'of this broker';
    const [facts, ...paragraphs] = text.split('\n\n');
    expect(facts).toBe(`HTTP ${error.status}, ${body}, ${whose}.`);
    expect(paragraphs).toHaveLength(2);
    expect(paragraphs[1]).toMatch(/^\*\*What to do:\*\* /);
  });

  test.each(codes)('has %s under a heading that names its status', (code) => {
    const part = sections.find(({ heading }) => heading === code)?.part ?? '';
    expect(part.match(/\d+/g)).toContain(String(OSB_ERRORS[code].status));
  });
});
