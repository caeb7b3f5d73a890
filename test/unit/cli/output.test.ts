import { describe, expect, test } from '@jest/globals';
import { resultText } from '../../../cli/prompt/result-text.ts';
import { typed } from '../../../cli/prompt/statements.ts';
import { age, duration } from '../../../cli/output/age.ts';
import { description } from '../../../cli/output/description.ts';
import { documentOf } from '../../../cli/output/document.ts';
import { table } from '../../../cli/output/table.ts';

test('a table has columns as wide as their widest cell, one line a row, and no control characters', () => {
  expect(
    table(
      ['NAME', 'TEXT'],
      [
        ['a', 'x\ny\u001b[31m'],
        ['längere', ''],
      ],
    ),
  ).toBe(['NAME      TEXT', 'a         x y\u{fffd}[31m', 'längere'].join('\n'));
});

test('a description leaves out what is empty and indents blocks', () => {
  const text = description([
    { label: 'Name', value: 'x' },
    { label: 'Longer name', value: 'y' },
    { label: 'Nothing', value: undefined },
    { label: 'Empty', block: '' },
    { label: 'Block', block: 'a\n  b\n' },
  ]);
  expect(text).toBe('Name:         x\nLonger name:  y\n\nBlock:\n  a\n    b');
});

test.each([
  [0, '0s'],
  [119_000, '119s'],
  [200_000, '3m20s'],
  [240_000, '4m'],
  [7_199_000, '119m'],
  [3 * 3_600_000, '3h'],
  [49 * 3_600_000, '2d'],
])('%d ms is %s', (milliseconds, text) => {
  expect(duration(milliseconds)).toBe(text);
});

test('an age of no time is nothing, and one of the future is none', () => {
  expect(age(undefined, 0)).toBe('');
  expect(age('2026-01-01T00:00:10Z', Date.parse('2026-01-01T00:00:00Z'))).toBe('0s');
});

test('several objects are a list for a program, one that was asked for is itself', () => {
  const object = { metadata: { name: 'a' } };
  expect(JSON.parse(documentOf([object], true, 'json'))).toEqual(object);
  expect(JSON.parse(documentOf([object], false, 'json'))).toEqual({
    apiVersion: 'v1',
    kind: 'List',
    metadata: {},
    items: [object],
  });
  expect(documentOf([object, object], true, 'yaml')).toContain('kind: List');
});

describe('what is typed at the prompt', () => {
  test('becomes a statement at the line that ends with a semicolon', () => {
    expect(typed('', 'SELECT 1')).toEqual({ pending: 'SELECT 1' });
    expect(typed('SELECT 1', '  + 1; ')).toEqual({ pending: '', statement: 'SELECT 1\n  + 1;' });
    expect(typed('', "SELECT ';' AS a;")).toEqual({ pending: '', statement: "SELECT ';' AS a;" });
  });

  test('is nothing when it is nothing', () => {
    for (const line of ['', '   ', ';', ' ; ; ']) expect(typed('', line)).toEqual({ pending: '' });
  });

  test.each(['exit', 'quit', '\\q', 'EXIT;'])('ends with %p, though not in the middle of a statement', (word) => {
    expect(typed('', word)).toEqual({ pending: '', command: { name: 'quit' } });
    expect(typed('SELECT', word).command).toBeUndefined();
  });

  test.each([
    ['help', { name: 'help' }],
    ['help;', { name: 'help' }],
    ['\\d', { name: 'tables' }],
    ['\\d visits ;', { name: 'tables', table: 'visits' }],
    ["\\d a'b", { name: 'unknown', text: "\\d a'b" }],
    ['\\copy', { name: 'unknown', text: '\\copy' }],
  ])('%p is a command without an end', (line, command) => {
    expect(typed('', line)).toEqual({ pending: '', command });
  });
});

describe('a result', () => {
  test('is a table with its number of rows', () => {
    const rows = [
      ['1', null],
      ['2', Buffer.from([0xca, 0xfe])],
    ];
    expect(resultText({ columns: ['id', 'value'], rows, summary: '' })).toBe(
      'id   value\n1    NULL\n2    0xcafe\n(2 rows)',
    );
  });

  test('without columns is its summary', () => {
    expect(resultText({ columns: [], rows: [], summary: 'OK, 1 row affected' })).toBe('OK, 1 row affected');
  });

  test('of many rows and long values is cut', () => {
    const rows = Array.from({ length: 1_001 }, () => ['x'.repeat(1_000)]);
    const text = resultText({ columns: ['a'], rows, summary: '' });
    expect(text.split('\n')).toHaveLength(1_002);
    expect(text).toMatch(/\(1001 rows, the first 1000 shown\)$/);
    expect(text.length).toBeLessThan(510_000);
  });
});
