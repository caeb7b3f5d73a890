import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { allPages, ROOT } from './markdown.ts';
import type { Page } from './markdown.ts';

const source = (path: string): string => readFileSync(join(ROOT, path), 'utf8');
const pages = allPages();
const scripts = new Set(Object.keys((JSON.parse(source('package.json')) as { scripts: object }).scripts));

/** Where the flags of each of our programs are written down. */
const OURS: readonly string[] = [
  'broker/main.ts',
  'catalog-controller/settings.ts',
  'catalog-controller/webhook/settings.ts',
  'catalog-apiserver/config.ts',
  'cli/program.ts',
  'local/settings.ts',
  ...['bench', 'test/soak'].flatMap((folder) => filesIn(folder).filter((path) => path.endsWith('.ts'))),
];

const flags = new Set(OURS.flatMap((path) => flagsIn(source(path))));

function filesIn(folder: string): string[] {
  const entries = readdirSync(join(ROOT, folder), { withFileTypes: true, recursive: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(ROOT.length + 1));
}

/** `--flag` in a text, and `flag: { type:` as parseArgs has it. */
function flagsIn(text: string): string[] {
  const written = [...text.matchAll(/(?<![\w-])--([a-z][a-z-]*)/g)];
  const parsed = [...text.matchAll(/['"]?\b([a-z][a-z-]*)['"]?: \{ type: '(?:string|boolean)'/g)];
  return [...written, ...parsed].map(([, name = '']) => `--${name}`);
}

/** Commands of a page: the lines of its shell blocks, continued ones joined, and what stands between backticks. */
function commandsOf(page: Page): string[] {
  const blocks = page.codeBlocks.filter(({ language }) => ['sh', ''].includes(language));
  const lines = blocks.flatMap(({ text }) => text.replaceAll('\\\n', ' ').split('\n'));
  return [...lines, ...page.codeSpans]
    .flatMap((line) => line.replace(/\s#\s.*$/, '').split(/&&|\|\||;|\|(?= [a-z])/))
    .map((line) => line.trim());
}

/** A command of ours with its arguments, in a container or not; those of other programs are not for us to know. */
const OUR_COMMAND =
  /^(?:[A-Z_]+=\S+ )*(?:docker compose run --rm )?(?:npx svcat|svcat|npm (?:start|test|run)|node (?:broker|catalog-controller|catalog-apiserver)\/\S*main\.ts)(?: |$)/;
/** A flag by itself, with a value perhaps. */
const FLAG_ALONE = /^--[a-z]/;

const named = pages.map((page) => [page.path, commandsOf(page)] as const);

describe('commands', () => {
  test.each(named)('that %s names are scripts of package.json', (_path, commands) => {
    const run = commands.flatMap((command) =>
      [...command.matchAll(/^(?:[A-Z_]+=\S+ )*npm run (?:-\S+ |--silent )*([\w:-]+)/g)].map(([, name = '']) => name),
    );
    expect(run.filter((name) => !scripts.has(name))).toEqual([]);
  });

  test.each(named)('that %s names have the flags it gives them', (_path, commands) => {
    const given = commands
      .filter((command) => OUR_COMMAND.test(command) || FLAG_ALONE.test(command))
      .flatMap((command) => {
        // What follows the second "--" of svcat exec belongs to somebody else.
        const own = command.startsWith('npm ') ? command : (command.split(' -- ')[0] ?? '');
        return [...own.matchAll(/(?<![\w-])--[a-z][a-z-]*/g)].map(([flag]) => flag);
      });
    expect(given.filter((flag) => !flags.has(flag) && !OF_OTHERS.has(flag))).toEqual([]);
  });
});

/** Flags of other programs that the text names by themselves, and npm's own. */
const OF_OTHERS: ReadonlySet<string> = new Set([
  ...['--help', '--version', '--silent'],
  '--resolve', // curl
  '--map-user', // unshare
  '--rm', // docker
  '--take-ownership', // helm
]);
