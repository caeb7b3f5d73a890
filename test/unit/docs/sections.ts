import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** A part of a page in docs/, from its heading to the next one. */
export interface Section {
  readonly heading: string;
  readonly text: string;
  /** The heading above it, one level up. */
  readonly part: string;
}

/** The sections of `docs/<page>` whose heading has this level, in order. */
export function sectionsOf(page: string, level: number): Section[] {
  const text = readFileSync(join(import.meta.dirname, '../../../docs', page), 'utf8');
  let part = '';
  return text.split(/^(?=#{1,6} )/m).flatMap((section) => {
    const [line = '', ...lines] = section.split('\n');
    const [marks = '', ...words] = line.split(' ');
    const heading = words.join(' ').trim();
    if (marks.length === level - 1) part = heading;
    return marks === '#'.repeat(level) ? [{ heading, text: lines.join('\n').trim(), part }] : [];
  });
}
