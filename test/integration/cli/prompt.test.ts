import { PassThrough } from 'node:stream';
import { describe, expect, test } from '@jest/globals';
import type { DatabaseAddress, DatabaseType } from '../../../cli/prompt/database.ts';
import { runPrompt } from '../../../cli/prompt/prompt.ts';
import { createTerminal } from '../../../cli/terminal.ts';
import { describeWithMysql, testServers } from '../../support/servers.ts';
import type { ServerAddress } from '../../support/servers.ts';

const DATABASES: Readonly<Record<DatabaseType, string>> = { postgresql: 'postgres', mysql: 'mysql' };

function addressOf(type: DatabaseType, { host, port, username, password }: ServerAddress): DatabaseAddress {
  return { type, host, port, username, password, database: DATABASES[type] };
}

/** What the prompt says to these lines. */
async function ask(
  address: DatabaseAddress,
  lines: string[],
): Promise<{ code: number; stdout: string; stderr: string }> {
  const [input, output, errors] = [new PassThrough(), new PassThrough(), new PassThrough()];
  let stdout = '';
  let stderr = '';
  output.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
  errors.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  input.end(lines.map((line) => `${line}\n`).join(''));
  const code = await runPrompt(address, createTerminal(input, output, errors));
  return { code, stdout, stderr };
}

function behavesLikeAPrompt(type: DatabaseType, server: () => Promise<ServerAddress>): void {
  const to = async (): Promise<DatabaseAddress> => addressOf(type, await server());

  test('shows rows as a table, over several lines of input', async () => {
    const said = await ask(await to(), ['SELECT 6*7 AS answer,', "  NULL AS nothing, 'a' AS text;"]);
    expect(said).toEqual({
      code: 0,
      stdout: 'answer   nothing   text\n42       NULL      a\n(1 row)\n',
      stderr: '',
    });
  });

  test('works on one connection, so that a temporary table stays', async () => {
    const said = await ask(await to(), [
      'CREATE TEMPORARY TABLE visits (n bigint, at timestamp);',
      "INSERT INTO visits VALUES (9007199254740993, '2026-01-31 12:00:00'), (2, NULL);",
      'SELECT * FROM visits ORDER BY n;',
    ]);
    expect(said.stdout).toMatch(/INSERT 2|OK 2/);
    expect(said.stdout).toMatch(/2 +NULL\n9007199254740993 +2026-01-31 12:00:00\n\(2 rows\)/);
  });

  test('takes several statements in one line', async () => {
    const said = await ask(await to(), [
      'CREATE TEMPORARY TABLE a (n int); INSERT INTO a VALUES (1); SELECT n FROM a;',
    ]);
    expect(said.stdout).toMatch(/(INSERT|OK) 1\nn\n1\n\(1 row\)\n$/);
  });

  test('stops a script at its first error and says it', async () => {
    const said = await ask(await to(), ['SELECT * FROM no_such_table;', "SELECT 'after' AS word;"]);
    expect(said.code).toBe(1);
    expect(said.stderr).toMatch(/^ERROR: .*no_such_table/);
    expect(said.stdout).not.toContain('after');
  });

  test('runs the last statement without its end too, and leaves at exit', async () => {
    expect((await ask(await to(), ['SELECT 1 AS one'])).stdout).toContain('(1 row)');
    expect((await ask(await to(), ['exit', 'SELECT 1 AS one;'])).stdout).toBe('');
  });

  test('says why it cannot connect, without the password', async () => {
    const said = await ask({ ...(await to()), username: 'nobody_of_that_name', password: 'never-to-be-shown' }, []);
    expect(said.code).toBe(1);
    expect(said.stderr).toMatch(/^svcat: cannot connect to .*nobody_of_that_name/);
    expect(said.stderr).not.toContain('never-to-be-shown');
    const refused = await ask({ ...(await to()), port: 1 }, []);
    expect(refused.stderr).toMatch(/cannot connect to .*:1: .*ECONNREFUSED/);
  });

  test('says that the connection was lost', async () => {
    const kill = type === 'postgresql' ? 'SELECT pg_terminate_backend(pg_backend_pid());' : 'KILL CONNECTION_ID();';
    const said = await ask(await to(), [kill, 'SELECT 1;']);
    expect(said.code).toBe(1);
    expect(said.stderr).toMatch(/terminat|lost|killed|closed|interrupted/i);
  });
}

describe('the built-in prompt on PostgreSQL', () => {
  behavesLikeAPrompt('postgresql', async () => (await testServers()).postgres);
});

describeWithMysql('the built-in prompt on MySQL', () => {
  behavesLikeAPrompt('mysql', async () => (await testServers()).mysql);
});
