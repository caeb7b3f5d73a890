import { EngineError } from '../engine.ts';

/** What the statements depend on. Read for each piece of work: servers are upgraded meanwhile. */
export interface Server {
  readonly product: 'MySQL' | 'MariaDB';
  /** Such as `10.11.19`. */
  readonly version: string;
  readonly major: number;
  readonly minor: number;
  readonly patch: number;
}

/** Understands `8.4.3`, `9.7.0-debian`, `10.11.19-MariaDB-0+deb12u1` and the `5.5.5-10.6…` of old replication. */
export function parseVersion(version: string, comment: string): Server {
  const product = /mariadb/i.test(`${version} ${comment}`) ? 'MariaDB' : 'MySQL';
  const match = /^(?:5\.5\.5-(?=\d+\.))?(\d+)\.(\d+)\.(\d+)/.exec(version);
  if (!match) throw new EngineError(`the server calls its version ${version}, which is not understood`, 'fatal');
  const [major, minor, patch] = [Number(match[1]), Number(match[2]), Number(match[3])];
  return { product, version: `${major}.${minor}.${patch}`, major, minor, patch };
}

/** True when the server's version is at least this. */
export function atLeast(server: Server, major: number, minor: number, patch = 0): boolean {
  if (server.major !== major) return server.major > major;
  if (server.minor !== minor) return server.minor > minor;
  return server.patch >= patch;
}
