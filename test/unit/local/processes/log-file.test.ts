import { describe, expect, test } from '@jest/globals';
import { reasonIn } from '../../../../local/processes/log-file.ts';

describe('the reason in a log', () => {
  test.each([
    [
      'the fatal entry of one of our programs',
      '{"level":"info","msg":"x"}\n{"level":"fatal","msg":"could not start","err":{"message":"port 1 is in use"}}\n{"level":"info","msg":"stopped"}\n',
      'could not start: port 1 is in use',
    ],
    [
      'an error of PostgreSQL, not the lines around it',
      '2026 LOG:  starting\n2026 FATAL:  lock file "postmaster.pid" already exists\n2026 LOG:  shut down\n',
      '2026 FATAL:  lock file "postmaster.pid" already exists',
    ],
    [
      'the first line above a stack',
      'node:internal/x:1\n  throw err;\nTypeError [ERR_X]: it is broken\n    at y\n{\n}\n\nNode.js v24.0.0\n',
      'TypeError [ERR_X]: it is broken',
    ],
    ['the last line where none says that it is an error', 'one\ntwo\nthree\n', 'three'],
    ['nothing of entries that are no errors', '{"level":"info","msg":"an ERROR came back"}\n{"level":"in', ''],
    ['no part of a line that is too long for a sentence', `short\n${'x'.repeat(600)}\n`, 'short'],
    ['nothing of an empty log', '', ''],
  ])('is %s', (_what, text, reason) => {
    expect(reasonIn(text)).toBe(reason);
  });
});
