import { expect, test } from '@jest/globals';
import { hasCandidate } from '../../../../local/servers/apt.ts';

const policy = `mariadb-server-core:
  Installed: (none)
  Candidate: 1:10.11.19-0+deb12u1
  Version table:
     1:10.11.19-0+deb12u1 500
mariadb-server-core-10.5:
  Installed: (none)
  Candidate: (none)
  Version table:
`;

test('a package can be had when it has a candidate, not when others only mention it or nobody knows it', () => {
  expect(hasCandidate(policy, 'mariadb-server-core')).toBe(true);
  expect(hasCandidate(policy, 'mariadb-server-core-10.5')).toBe(false);
  expect(hasCandidate(policy, 'mariadb-server-core-10.6')).toBe(false);
});
