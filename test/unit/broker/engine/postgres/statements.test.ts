import { expect, test } from '@jest/globals';
import * as sql from '../../../../../broker/engine/postgres/statements.ts';

test('identifiers and literals are quoted, whatever they hold', () => {
  expect(sql.dropRole('a"; DROP ROLE b; --').text).toBe('DROP ROLE IF EXISTS "a""; DROP ROLE b; --"');
  expect(sql.markDatabase('d', `it's \\ "so"`).text).toBe(`COMMENT ON DATABASE "d" IS 'it''s \\ "so"'`);
  expect(sql.rollbackPrepared(`gid's`).text).toBe(`ROLLBACK PREPARED 'gid''s'`);
});

test('memberships say since 16 what they are good for', () => {
  expect(sql.grantMembership('d_own', 'b', 150000).text).toBe('GRANT "d_own" TO "b"');
  expect(sql.grantMembership('d_own', 'b', 160000).text).toBe('GRANT "d_own" TO "b" WITH INHERIT FALSE, SET TRUE');
  expect(sql.joinRole('d_own', 'admin', 150000).text).toBe('GRANT "d_own" TO "admin"');
});

test('databases are born closed, from template0, in UTF-8', () => {
  expect(sql.createDatabase('d', 140000, true).text.replaceAll(/ +/g, ' ')).toBe(
    `CREATE DATABASE "d" TEMPLATE template0 ENCODING 'UTF8' ALLOW_CONNECTIONS false`,
  );
  const later = sql.createDatabase('d', 150000, false).text;
  expect(later).toContain(`LC_COLLATE 'C' LC_CTYPE 'C'`);
  expect(later).toContain('STRATEGY file_copy');
});
