import { existsSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { allPages, readPage, ROOT } from './markdown.ts';
import type { Page } from './markdown.ts';

const pages = allPages();

/** What a relative link of the page names in the checkout. */
function targetOf(page: Page, link: string): { readonly path: string; readonly anchor: string | undefined } {
  const [file = '', anchor] = link.split('#', 2);
  return { path: file === '' ? page.path : normalize(join(dirname(page.path), decodeURI(file))), anchor };
}

describe('links', () => {
  test.each(pages.map((page) => [page.path, page] as const))('of %s lead somewhere', (_path, page) => {
    const relative = page.links.filter((link) => !/^[a-z]+:/.test(link));
    const broken = relative.filter((link) => {
      const { path, anchor } = targetOf(page, link);
      if (path.startsWith('..') || !existsSync(join(ROOT, path))) return true;
      return anchor !== undefined && !readPage(path).anchors.has(anchor);
    });
    expect(broken).toEqual([]);
  });

  test('to other places are https', () => {
    const elsewhere = pages.flatMap(({ links }) => links.filter((link) => /^[a-z]+:/.test(link)));
    expect(elsewhere.filter((link) => !link.startsWith('https://') || !URL.canParse(link))).toEqual([]);
  });

  test('lead from docs/README.md to every page of docs/', () => {
    const index = readPage('docs/README.md');
    const linked = new Set(index.links.map((link) => targetOf(index, link).path));
    const wanted = pages.map(({ path }) => path).filter((path) => path.startsWith('docs/') && path !== index.path);
    expect(wanted.filter((path) => !linked.has(path))).toEqual([]);
  });
});

/** A path of this repository, as it is written between backticks. */
const PATH =
  /^(?:\.ci|lib|broker|catalog-controller|catalog-apiserver|cli|local|crds|charts|examples|docs|bench|test|scripts|compose)\/[\w.@/-]*$/;

describe('paths', () => {
  test.each(pages.map((page) => [page.path, page] as const))('that %s names exist', (_path, page) => {
    const named = page.codeSpans.filter((span) => PATH.test(span));
    expect(named.filter((path) => !existsSync(join(ROOT, path)))).toEqual([]);
  });
});
