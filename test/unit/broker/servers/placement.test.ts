import { expect, test } from '@jest/globals';
import { chooseServer, servedVersions } from '../../../../broker/servers/placement.ts';
import type { Candidate } from '../../../../broker/servers/placement.ts';

const servers: Candidate[] = [
  { name: 'a', engine: 'mysql', serves: ['5.7', '10.11'] },
  { name: 'b', engine: 'postgresql', serves: ['18'] },
  { name: 'c', engine: 'mysql', serves: ['8.4', '5.7'] },
];

test('versions are those of every server of the engine, once each; the first server decides the default', () => {
  expect(servedVersions(servers, 'mysql')).toEqual(['5.7', '10.11', '8.4']);
  expect(servedVersions(servers, 'postgresql')).toEqual(['18']);
});

test('a version goes to the first server that answers to exactly it', () => {
  expect(chooseServer(servers, 'mysql', '5.7')?.name).toBe('a');
  expect(chooseServer(servers, 'mysql', '8.4')?.name).toBe('c');
  expect(chooseServer(servers, 'mysql', '8')).toBeUndefined();
  expect(chooseServer(servers, 'postgresql', '5.7')).toBeUndefined();
});
