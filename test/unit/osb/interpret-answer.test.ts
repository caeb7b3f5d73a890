import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Exchange } from '../../../lib/osb/http-exchange.ts';
import { interpretExchange } from '../../../lib/osb/interpret-answer.ts';
import { validateOperationResponse } from '../../../lib/osb/validate-response.ts';

const bodies = fc.oneof(
  fc.constant(Buffer.alloc(0)),
  fc.uint8Array().map((bytes) => Buffer.from(bytes)),
  fc.jsonValue().map((value) => Buffer.from(JSON.stringify(value))),
  fc.constant(Buffer.from('{"operation":"x"}')),
);
const answers = fc.record({
  kind: fc.constant('answer' as const),
  status: fc.integer({ min: 0, max: 999 }),
  headers: fc.constant({ location: 'not a URL', 'retry-after': 'never' }),
  body: bodies,
});

test('every answer there can be has exactly one meaning, by its status first', () => {
  fc.assert(
    fc.property(answers, fc.boolean(), fc.boolean(), (answer: Exchange & { status: number }, async, deletes) => {
      const rule = { done: [200] as const, async, deletes, validate: validateOperationResponse };
      const { kind } = interpretExchange(answer, rule, { timeoutMs: 1_000, now: 0, redact: (text) => text });
      const { status } = answer;
      if (status === 410 && deletes) expect(kind).toBe('success');
      else if (status >= 400 && status < 500) expect(kind).toBe('rejected');
      else if (status >= 500 && status < 600) expect(kind).toBe('failed');
      else if (status === 200) expect(['success', 'nonsense']).toContain(kind);
      else if (status === 202 && async) expect(['accepted', 'nonsense']).toContain(kind);
      else expect(kind).toBe('nonsense');
    }),
    { numRuns: 500 },
  );
});
