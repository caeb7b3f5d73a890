import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { USAGE as APISERVER } from '../../../catalog-apiserver/config.ts';
import { USAGE as CONTROLLER } from '../../../catalog-controller/settings.ts';
import { USAGE as WEBHOOK } from '../../../catalog-controller/webhook/settings.ts';
import { readPage, ROOT, tableUnder } from './markdown.ts';

/** A flag as `--help` has it, `--listen HOST:PORT … (127.0.0.1:8444)`. */
interface Flag {
  readonly name: string;
  readonly value: string;
  readonly fallback: string;
}

/** What each program says about its flags, by the heading they are documented under. */
const PROGRAMS: Readonly<Record<string, string>> = {
  'Flags of `controller`': CONTROLLER,
  'Flags of `webhook`': WEBHOOK,
  'Flags of `apiserver`': APISERVER,
  // Its entry point runs when it is imported.
  'Flags of `broker`': readFileSync(join(ROOT, 'broker/main.ts'), 'utf8'),
};

function flagsOf(usage: string): Flag[] {
  const entries = usage.split(/^(?= {2}(?:-\w, )?--)/m).slice(1);
  const flags = entries.map((entry): Flag => {
    const [, name = '', value = ''] =
      /^ {2}(?:-\w, )?(--[a-z-]+)(?: ([A-Z][\w:=|-]*|[a-z]+(?:\|[a-z]+)+))?/.exec(entry) ?? [];
    const [, fallback = ''] = /\(([^()\s]+)\)(?:;|\s|$)/.exec(entry) ?? [];
    return { name, value, fallback };
  });
  return flags.filter(({ name }) => name !== '--help');
}

function documented(heading: string): Flag[] {
  return tableUnder(readPage('docs/operate.md'), heading).map(([flag = '', fallback = '']) => {
    const [name = '', value = ''] = flag.replaceAll('`', '').split(' ');
    return { name, value, fallback: fallback.replaceAll('`', '') };
  });
}

describe('docs/operate.md', () => {
  test.each(Object.keys(PROGRAMS))(
    'has under "%s" what --help says: each flag, its value and its default',
    (heading) => {
      const flags = flagsOf(PROGRAMS[heading] ?? '');
      expect(flags.length).toBeGreaterThan(1);
      expect(documented(heading)).toEqual(flags);
    },
  );
});
