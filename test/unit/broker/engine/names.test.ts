import { describe, expect, test } from '@jest/globals';
import {
  requireConnectionLimit,
  requireDatabaseName,
  requirePassword,
  requireUsername,
} from '../../../../broker/engine/guards.ts';
import { newDatabaseName, newPassword, newUsername } from '../../../../broker/engine/names.ts';

describe('names the broker makes', () => {
  test('pass its own guards, and none comes twice', () => {
    const seen = new Set<string>();
    for (let round = 0; round < 1000; round += 1) {
      const [database, username, password] = [newDatabaseName(), newUsername(), newPassword()];
      requireDatabaseName(database);
      requireUsername(username);
      requirePassword(password);
      expect(password).toMatch(/^(?=.*[a-z])(?=.*[A-Z])(?=.*[0-9])[A-Za-z0-9]{32}$/);
      for (const one of [database, username, password]) seen.add(one);
    }
    expect(seen.size).toBe(3000);
  });

  test.each(['', 'postgres', 'SCDB1', 'scdb_1', 'scdb%', `scdb'1`, 'scdbä', `scdb${'a'.repeat(29)}`, 'scdb1\n'])(
    '%j is no database of the broker',
    (name) => {
      expect(() => {
        requireDatabaseName(name);
      }).toThrow('not the name of a database of the broker');
    },
  );

  test('a database is no login and a login no database', () => {
    expect(() => {
      requireUsername(newDatabaseName());
    }).toThrow();
    expect(() => {
      requireDatabaseName(newUsername());
    }).toThrow();
  });

  test('a refused password is not repeated in the message', () => {
    try {
      requirePassword(`secret'`);
      throw new Error('accepted');
    } catch (error) {
      expect(String(error)).toBe('EngineError: a password must be 16 to 128 letters and digits');
    }
  });

  test.each([0, -1, 1.5, NaN, Infinity, 100_001])('%d is no connection limit', (limit) => {
    expect(() => {
      requireConnectionLimit(limit);
    }).toThrow('whole number');
  });
});
