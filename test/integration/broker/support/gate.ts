import type { Engine } from '../../../../broker/engine/engine.ts';
import type { EngineFactory } from '../../../../broker/servers/tenant-servers.ts';

type Method = 'createDatabase' | 'setConnectionLimit' | 'dropDatabase' | 'createLogin' | 'dropLogin';

/** Real engines whose methods wait while a test holds them, so that "in progress" can be looked at. */
export function gate(): {
  readonly wrap: (factory: EngineFactory) => EngineFactory;
  /** Holds every call of the method until the returned function is called. */
  readonly hold: (method: Method) => () => void;
  /** Whether a call of the method waits just now. */
  readonly isReached: (method: Method) => boolean;
} {
  const held = new Map<Method, Promise<void>>();
  const reached = new Set<Method>();
  const after = async (method: Method, call: () => Promise<void>): Promise<void> => {
    const opening = held.get(method);
    if (opening !== undefined) reached.add(method);
    await opening;
    await call();
  };
  return {
    hold: (method) => {
      const { promise, resolve } = Promise.withResolvers<undefined>();
      held.set(method, promise);
      return () => {
        held.delete(method);
        reached.delete(method);
        resolve(undefined);
      };
    },
    isReached: (method) => reached.has(method),
    wrap: (factory) => (config) => {
      const engine = factory(config);
      const gated: Engine = {
        ...engine,
        createDatabase: (spec) => after('createDatabase', () => engine.createDatabase(spec)),
        setConnectionLimit: (name, limit) => after('setConnectionLimit', () => engine.setConnectionLimit(name, limit)),
        dropDatabase: (name) => after('dropDatabase', () => engine.dropDatabase(name)),
        createLogin: (spec) => after('createLogin', () => engine.createLogin(spec)),
        dropLogin: (name, username) => after('dropLogin', () => engine.dropLogin(name, username)),
      };
      return gated;
    },
  };
}
