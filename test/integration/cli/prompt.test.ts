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
  const code = await runPrompt(address, createTerminal(input, output, errors), 'it is a test');
  return { code, stdout, stderr };
}

/** A statement without end, and how to see that it runs. */
const LONG = {
  postgresql: {
    forever: 'SELECT pg_sleep(600);',
    isRunning:
      "SELECT 'yes' FROM pg_stat_activity WHERE state = 'active' AND query LIKE 'SELECT pg_sleep%' AND application_name = 'svcat';",
  },
  mysql: {
    forever: 'SELECT SLEEP(600) FROM (SELECT 1 UNION SELECT 2) AS two;',
    isRunning: "SELECT 'yes' FROM information_schema.processlist WHERE info LIKE 'SELECT SLEEP(600)%';",
  },
} as const;

/** Somebody at a terminal: types, and waits until the prompt has said something. */
class Typist {
  readonly #input = Object.assign(new PassThrough(), { isTTY: true });
  readonly ended: Promise<number>;
  said = '';
  #heard = (): void => undefined;

  constructor(address: DatabaseAddress) {
    const [output, errors] = [Object.assign(new PassThrough(), { isTTY: true }), new PassThrough()];
    for (const stream of [output, errors]) {
      stream.on('data', (chunk: Buffer) => {
        this.said += chunk.toString();
        this.#heard();
      });
    }
    this.ended = runPrompt(address, createTerminal(this.#input, output, errors), 'psql is not installed');
  }

  type(text: string): void {
    this.said = '';
    this.#input.write(text);
  }

  async hears(text: string): Promise<void> {
    while (!this.said.includes(text)) await new Promise<void>((resolve) => (this.#heard = resolve));
  }
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
    expect(said.stdout).toMatch(/^OK, 2 rows affected$/m);
    expect(said.stdout).toMatch(/2 +NULL\n9007199254740993 +2026-01-31 12:00:00\n\(2 rows\)/);
  });

  test('takes several statements in one line', async () => {
    const said = await ask(await to(), [
      'CREATE TEMPORARY TABLE a (n int); INSERT INTO a VALUES (1); SELECT n FROM a;',
    ]);
    expect(said.stdout).toMatch(/OK, 1 row affected\nn\n1\n\(1 row\)\n$/);
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

  test('helps, shows the tables and leaves without a semicolon', async () => {
    const helped = await ask(await to(), ['help', 'exit', 'SELECT 1;']);
    expect(helped).toMatchObject({ code: 0, stderr: '', stdout: expect.stringMatching(/the tables[^]*leaves/) });
    expect(helped.stdout).not.toContain('(1 row)');
    const table = `svcat_prompt_${type}`;
    const make = `DROP TABLE IF EXISTS ${table}; CREATE TABLE ${table} (visitor int);`;
    const shown = await ask(await to(), [make, '\\d', `\\d ${table}`, `DROP TABLE ${table};`]);
    expect(shown).toMatchObject({ code: 0, stderr: '' });
    expect(shown.stdout).toMatch(new RegExp(`${table} +BASE TABLE[^]*visitor +int`));
  });

  test('at a terminal says what it is, shows that a statement goes on, and cancels it at Ctrl-C', async () => {
    const typist = new Typist(await to());
    await typist.hears('> ');
    expect(typist.said).toContain('built-in prompt (psql is not installed). SQL ends with ";"');
    typist.type('SELECT 6*7\n');
    await typist.hears('   -> ');
    typist.type(';\n');
    await typist.hears('(1 row)');
    const { forever, isRunning } = LONG[type];
    typist.type(`${forever}\n`);
    // Ctrl-C is for a statement that the server has begun with.
    while (!(await ask(await to(), [isRunning])).stdout.includes('yes'));
    typist.type('\u0003');
    await typist.hears('cancelling');
    await typist.hears('ERROR');
    expect(typist.said).toMatch(/cancel|interrupted/);
    typist.type('exit\n');
    expect(await typist.ended).toBe(0);
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
