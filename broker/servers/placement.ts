import type { EngineKind } from '../engine/engine.ts';

/** What placement looks at. */
export interface Candidate {
  readonly name: string;
  readonly engine: EngineKind;
  /** Values of `version` this server answers to. */
  readonly serves: readonly string[];
}

/** Every `version` some server of this engine answers to, without repetition; the first is the default. */
export function servedVersions(servers: readonly Candidate[], engine: EngineKind): string[] {
  return [...new Set(servers.filter((server) => server.engine === engine).flatMap(({ serves }) => serves))];
}

/** The server for a new instance: the first that answers to exactly this version. */
export function chooseServer<T extends Candidate>(
  servers: readonly T[],
  engine: EngineKind,
  version: string,
): T | undefined {
  return servers.find((server) => server.engine === engine && server.serves.includes(version));
}
