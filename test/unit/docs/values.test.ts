import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { allPages, ROOT } from './markdown.ts';
import type { Page } from './markdown.ts';

const CHARTS = ['service-catalog', 'database-broker'];
const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');
const values = CHARTS.map((chart) => parse(read(`charts/${chart}/values.yaml`)) as Record<string, unknown>);

/** What is empty by default, and what the comments of values.yaml describe in it. */
const INSIDE: Readonly<Record<string, readonly string[]>> = {
  servers: ['admin.caSecret', 'advertise.caSecret'],
  limits: ['queuedOperations'],
};

/** Values of a chart that a page names: dotted paths whose first word is one, and what `--set` gives. */
function valuesIn(page: Page): string[] {
  const spans = page.codeSpans.filter((span) => /^[a-z][A-Za-z]*(?:\[\])?(?:\.[a-zA-Z]+)+(?:=\S*|: \S+)?$/.test(span));
  const sets = page.codeBlocks.flatMap(({ text }) =>
    [...text.matchAll(/--set ([\w.]+)=/g)].map(([, path = '']) => path),
  );
  const paths = [...spans, ...sets].map((path) => path.split(/=|: /)[0] ?? '');
  return paths.filter((path) => values.some((chart) => (path.split(/[.[]/)[0] ?? '') in chart));
}

function exists(path: string): boolean {
  const [, first = '', rest = ''] = /^(\w+)(?:\[\])?\.(.+)$/.exec(path) ?? [];
  const inside = INSIDE[first];
  if (inside !== undefined) return inside.includes(rest);
  return values.some((chart) => {
    let value: unknown = chart;
    for (const key of path.split('.')) {
      if (typeof value !== 'object' || value === null || !(key in value)) return false;
      value = (value as Record<string, unknown>)[key];
    }
    return true;
  });
}

const OF_CHARTS = ['README.md', 'docs/install.md', 'docs/security.md', 'docs/troubleshoot.md'];

describe('values of the charts', () => {
  test.each(OF_CHARTS)('that %s names exist', (path) => {
    const page = allPages().find((candidate) => candidate.path === path);
    expect(page).toBeDefined();
    expect((page ? valuesIn(page) : []).filter((value) => !exists(value))).toEqual([]);
  });

  test('are many in docs/install.md, so this looks at something', () => {
    const page = allPages().find((candidate) => candidate.path === 'docs/install.md');
    expect(new Set(page ? valuesIn(page) : []).size).toBeGreaterThan(15);
  });
});
