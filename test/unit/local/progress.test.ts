import { describe, expect, test } from '@jest/globals';
import { createProgress, LiveProgress, PlainProgress } from '../../../local/progress.ts';
import type { Screen } from '../../../local/progress.ts';

/** A terminal of a few columns that knows the two sequences that are used: cursor up, and clear to the end. */
class Terminal implements Screen {
  readonly isTTY = true;
  readonly columns = 40;
  lines: string[] = [''];

  write(text: string): void {
    for (const piece of text.match(/\u001b\[\d*[A-Za-z]|\n|[^\u001b\n]+/g) ?? []) {
      const up = piece.startsWith('\u001b') && piece.endsWith('A') ? Number(piece.slice(2, -1)) : 0;
      if (up > 0) this.lines.splice(this.lines.length - 1 - up, up + 1, '');
      else if (piece === '\n') this.lines.push('');
      else if (!piece.startsWith('\u001b')) this.lines.push(`${this.lines.pop() ?? ''}${piece}`);
    }
  }
}

function plain(): { progress: PlainProgress; text: () => string; pass: (ms: number) => void } {
  let written = '';
  let now = 0;
  const screen = { write: (text: string) => (written += text) };
  return {
    progress: new PlainProgress(screen, () => now),
    text: () => written,
    pass: (ms) => {
      now += ms;
    },
  };
}

describe('progress without a terminal', () => {
  test('is one line for each change, with the time', () => {
    const { progress, text, pass } = plain();
    progress.part('broker', 'working', 'starting');
    pass(1234);
    progress.part('broker', 'working', 'starting');
    progress.part('broker', 'done', 'https://127.0.0.1:1');
    progress.line('hello');
    expect(text()).toBe('[  0.0 s] broker: starting\n[  1.2 s] broker: https://127.0.0.1:1\nhello\n');
  });
});

describe('progress on a terminal', () => {
  test('draws each part once, however often it changes, below the lines that stay', () => {
    const terminal = new Terminal();
    const progress = new LiveProgress(terminal);
    progress.part('store', 'working', 'starting');
    progress.part('broker', 'working', 'starting');
    progress.line('a line that stays');
    progress.part('store', 'done', 'PostgreSQL');
    expect(terminal.lines).toEqual(['a line that stays', '✓ store   PostgreSQL', '… broker  starting', '']);
  });

  test('cuts what would not fit, because a line that wraps cannot be drawn again', () => {
    const terminal = new Terminal();
    new LiveProgress(terminal).part('store', 'working', 'x'.repeat(100));
    expect(terminal.lines[0]!.length).toBeLessThanOrEqual(terminal.columns);
  });

  test('leaves what is shown when it ends', () => {
    const terminal = new Terminal();
    const progress = new LiveProgress(terminal);
    progress.part('store', 'done', 'PostgreSQL');
    progress.end();
    progress.line('ready');
    expect(terminal.lines).toEqual(['✓ store  PostgreSQL', 'ready', '']);
  });

  test.each([
    ['a terminal', { isTTY: true }, {}, LiveProgress],
    ['a pipe', {}, {}, PlainProgress],
    ['a terminal that can show nothing', { isTTY: true }, { TERM: 'dumb' }, PlainProgress],
    ['a build server', { isTTY: true }, { CI: 'true' }, PlainProgress],
  ])('is chosen by what it is written to: %s', (_name, screen, environment, kind) => {
    expect(createProgress({ write: () => true, ...screen }, environment)).toBeInstanceOf(kind);
  });
});
