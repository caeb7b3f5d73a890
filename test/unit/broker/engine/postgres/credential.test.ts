import { expect, test } from '@jest/globals';
import { scramVerifier } from '../../../../../broker/engine/postgres/credential.ts';

test('the verifier is the one PostgreSQL makes itself', async () => {
  // From pg_authid after CREATE ROLE … PASSWORD 'pencil' on PostgreSQL 18.4.
  const salt = Buffer.from('WfGm7x1SDqyvzX0ikNeCng==', 'base64');
  expect(await scramVerifier('pencil', salt)).toBe(
    'SCRAM-SHA-256$4096:WfGm7x1SDqyvzX0ikNeCng==$9MH+3MxGlZU6LXUx+nwzmdmsrcRj040si82WDjoOWp4=:NDJBSZoqvwRHJ8eIoV9ArxS6gapWmORLCQaUdsQYTts=',
  );
});

test('two verifiers of one password differ, and neither holds it', async () => {
  const [first, second] = [await scramVerifier('correcthorse'), await scramVerifier('correcthorse')];
  expect(first).not.toBe(second);
  expect(first + second).not.toContain('correcthorse');
});
