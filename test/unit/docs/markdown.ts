import { readdirSync, readFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';

/** The checkout. */
export const ROOT = resolve(import.meta.dirname, '../../..');

/** Folders whose pages are not ours, or are made by a run. */
const NOT_OURS: ReadonlySet<string> = new Set(['node_modules', '.git', '.local', 'dist']);

/** A Markdown page of the repository, taken apart as far as the tests of the documentation need it. */
export interface Page {
  /** From the checkout, with slashes. */
  readonly path: string;
  readonly text: string;
  /** What `page.md#anchor` may name, as GitHub makes it. */
  readonly anchors: ReadonlySet<string>;
  /** Targets of links and pictures, in order. */
  readonly links: readonly string[];
  readonly codeBlocks: readonly CodeBlock[];
  /** What stands between backticks in the text. */
  readonly codeSpans: readonly string[];
}

export interface CodeBlock {
  readonly language: string;
  readonly text: string;
}

/** Every Markdown page of the repository. */
export function allPages(): Page[] {
  return pagesIn(ROOT).map((path) => readPage(relative(ROOT, path)));
}

/** @param path from the checkout. */
export function readPage(path: string): Page {
  const text = readFileSync(join(ROOT, path), 'utf8');
  const { prose, codeBlocks } = separate(text);
  const codeSpans = [...prose.matchAll(/(`+)([\s\S]*?[^`])\1(?!`)/g)].map(([, , code = '']) =>
    code.replace(/\s+/g, ' ').trim(),
  );
  const withoutCode = prose.replace(/(`+)[\s\S]*?[^`]\1(?!`)/g, 'code');
  const links = [...withoutCode.matchAll(/\]\(\s*<?([^)\s>]+)>?[^)]*\)/g)].map(([, target = '']) => target);
  return { path, text, anchors: anchorsOf(prose), links, codeBlocks, codeSpans };
}

/** The rows of the first table after the heading, without its head; each a list of cells. */
export function tableUnder(page: Page, heading: string): string[][] {
  const lines = page.text.split('\n');
  const start = lines.findIndex((line) => /^#+ /.test(line) && line.replace(/^#+ /, '').trim() === heading);
  if (start < 0) throw new Error(`${page.path} has no heading "${heading}"`);
  const rows: string[][] = [];
  for (const line of lines.slice(start + 1)) {
    if (line.startsWith('|')) rows.push(cellsOf(line));
    else if (rows.length > 0 || /^#+ /.test(line)) break;
  }
  return rows.slice(2);
}

function cellsOf(line: string): string[] {
  const inner = line.trim().replace(/^\||\|$/g, '');
  return inner.split(/(?<!\\)\|/).map((cell) => cell.trim().replaceAll('\\|', '|'));
}

function pagesIn(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return NOT_OURS.has(entry.name) ? [] : pagesIn(path);
    return entry.isFile() && entry.name.endsWith('.md') ? [path] : [];
  });
}

function separate(text: string): { readonly prose: string; readonly codeBlocks: readonly CodeBlock[] } {
  const prose: string[] = [];
  const codeBlocks: CodeBlock[] = [];
  let open: { fence: string; language: string; lines: string[] } | undefined;
  for (const line of text.split('\n')) {
    const [, fence, language = ''] = /^\s*(`{3,}|~{3,})\s*(\S*)/.exec(line) ?? [];
    if (open !== undefined && fence !== undefined && fence.startsWith(open.fence)) {
      codeBlocks.push({ language: open.language, text: open.lines.join('\n') });
      open = undefined;
    } else if (open !== undefined) open.lines.push(line);
    else if (fence !== undefined) open = { fence, language, lines: [] };
    // Four spaces begin a code block too; none of our lists is nested that deep.
    else if (/^ {4}\S/.test(line)) codeBlocks.push({ language: '', text: line.trim() });
    else prose.push(line);
  }
  return { prose: prose.join('\n'), codeBlocks };
}

/** GitHub: lower case, punctuation gone, spaces to hyphens; a repeated one is numbered. */
function anchorsOf(prose: string): Set<string> {
  const anchors = new Set<string>();
  for (const [, heading = ''] of prose.matchAll(/^#{1,6} +(.+?)\s*$/gm)) {
    const plain = heading.replace(/\[([^\]]*)\]\([^)]*\)/g, '$1').toLowerCase();
    const slug = plain.replace(/[^\p{L}\p{N}\p{M}_\- ]/gu, '').replaceAll(' ', '-');
    let anchor = slug;
    for (let number = 1; anchors.has(anchor); number += 1) anchor = `${slug}-${number}`;
    anchors.add(anchor);
  }
  return anchors;
}
