import { UsageError } from '../../lib/runtime/errors.ts';

/** Where a MySQL server can come from, other than a URL. The order is that of preference. */
export const MYSQL_SOURCES = ['path', 'packages', 'npm-5.7', 'docker'] as const;
export type MysqlSource = (typeof MYSQL_SOURCES)[number];

/** Throws {@link UsageError} that names the sources there are. */
export function parseMysqlSource(text: string): MysqlSource | 'none' {
  const source = text === 'none' ? text : MYSQL_SOURCES.find((known) => known === text);
  if (source === undefined) {
    throw new UsageError(`"${text}" is not a source of MySQL: use one of ${MYSQL_SOURCES.join(', ')} or none.`);
  }
  return source;
}

/** The parts of `mysql://user:password@host:port`. Throws {@link UsageError}; no message repeats the text, a secret. */
export function parseMysqlUrl(text: string): { host: string; port: number; username: string; password: string } {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol !== 'mysql:' || url.hostname === '' || url.username === '') {
    throw new UsageError('The URL of the MySQL server must read mysql://user:password@host:port.');
  }
  return {
    host: url.hostname,
    port: Number(url.port || 3306),
    username: decodeURIComponent(url.username),
    password: decodeURIComponent(url.password),
  };
}
