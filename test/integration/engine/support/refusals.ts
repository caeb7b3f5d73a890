import type { Client } from './client.ts';

/** The server's refusals: PostgreSQL's SQLSTATE or MySQL's error number. */
export type Refusal = string | number;

/** Runs the statement and gives the server's error code, or `accepted` when it went through. */
export async function refusalOf(client: Client, sql: string): Promise<Refusal> {
  try {
    await client.query(sql);
    return 'accepted';
  } catch (error) {
    const { code, errno } = error as { code?: string; errno?: number };
    return errno ?? code ?? String(error);
  }
}

/** The statements of the list that the server did not refuse with one of these codes. */
export async function notRefused(
  client: Client,
  statements: readonly string[],
  codes: readonly Refusal[],
): Promise<string[]> {
  const wrong: string[] = [];
  for (const sql of statements) {
    const refusal = await refusalOf(client, sql);
    if (!codes.includes(refusal)) wrong.push(`${sql} -> ${refusal}`);
  }
  return wrong;
}

/** Permission denied, must be owner, must be superuser, unknown or read-only: the database's ways to say no. */
export const POSTGRES_NO: readonly Refusal[] = ['42501', '25006', '0LP01', '42P17'];
/** Access denied to a database, table, column, routine or operation. */
export const MYSQL_NO: readonly Refusal[] = [1044, 1045, 1142, 1143, 1227, 1370, 1410, 1419, 1142, 1290];
