import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { parseMark, printMark } from '../../../../broker/engine/mark.ts';

test('every mark comes back as it was written', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), fc.nat(), (instanceId, scope, limit) => {
      const mark = { instanceId, scope, connectionLimit: limit };
      expect(parseMark(printMark(mark))).toEqual(mark);
      // COMMENT takes no NUL character, and one line is easier to look at.

      expect(printMark(mark)).not.toMatch(/[\u0000-\u001f]/);
    }),
  );
});

test.each([
  null,
  '',
  'a comment of somebody else',
  '{}',
  '[]',
  'null',
  '{"instanceId":1,"scope":"s","connectionLimit":2}',
])('%j is no mark', (comment) => {
  expect(parseMark(comment)).toBeUndefined();
});
