import type { Engine } from '../../../../broker/engine/engine.ts';
import type { EngineFactory } from '../../../../broker/servers/tenant-servers.ts';

type Method = 'createDatabase' | 'setConnectionLimit' | 'dropDatabase' | 'createLogin' | 'dropLogin';

/** Real engines whose methods wait while a test holds them, so that "in progress" can be looked at. */
export function gate(): {
  readonly wrap: (factory: EngineFactory) => EngineFactory;
  /** Holds every call of the method until the returned function is called. */
  readonly hold: (method: Method) => () => void;
} {
  const held = new Map<Method, Promise<void>>();
  const after = async (method: Method, call: () => Promise<void>): Promise<void> => {
    await held.get(method);
    await call();
  };
  return {
    hold: (method) => {
      const { promise, resolve } = Promise.withResolvers<undefined>();
      held.set(method, promise);
      return () => {
        held.delete(method);
        resolve(undefined);
      };
    },
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
