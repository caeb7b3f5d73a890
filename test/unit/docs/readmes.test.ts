import { describe, expect, test } from '@jest/globals';
import { readPage } from './markdown.ts';

const english = readPage('README.md');
const korean = readPage('README.ko.md');

/** What a machine reads of a code block: comments are in the language of the page. */
const commands = (text: string): string =>
  text
    .split('\n')
    .map((line) => line.replace(/(^|\s+)# .*$/, ''))
    .filter((line) => line !== '')
    .join('\n');

/** The parts of the text, whatever they are called. */
const levels = (text: string): string[] => [...text.matchAll(/^(#{1,6}) /gm)].map(([, marks = '']) => marks);

describe('README.ko.md', () => {
  test('has the code blocks of README.md', () => {
    const blocks = (page: typeof english) =>
      page.codeBlocks.map(({ language, text }) => ({ language, text: commands(text) }));
    expect(blocks(korean)).toEqual(blocks(english));
  });

  test('links to what README.md links to, and each to the other', () => {
    const others = (links: readonly string[]) =>
      [...new Set(links.filter((link) => !/^README(?:\.ko)?\.md$/.test(link)))].sort();
    expect(others(korean.links)).toEqual(others(english.links));
    expect(english.links).toContain('README.ko.md');
    expect(korean.links).toContain('README.md');
  });

  test('has the parts of README.md', () => {
    expect(levels(korean.text.replace(/```[\s\S]*?```/g, ''))).toEqual(
      levels(english.text.replace(/```[\s\S]*?```/g, '')),
    );
  });

  test('names the files, settings and values that README.md names', () => {
    const names = (page: typeof english) => [...new Set(page.codeSpans)].sort();
    expect(names(korean)).toEqual(names(english));
  });
});
