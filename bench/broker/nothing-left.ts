import { engineFactory } from '../../broker/create-engine.ts';
import { silentLogger } from '../../lib/runtime/log.ts';
import type { TenantServer } from './world.ts';

/** A measurement of work that was not done is none. @throws Error when something of a broker is left on the server. */
export async function checkNothingIsLeft({ config, product }: TenantServer): Promise<void> {
  const engine = engineFactory(silentLogger(), 1)(config);
  try {
    const { databases, logins } = await engine.census();
    if (databases.length + logins.length === 0) return;
    throw new Error(`${product} still has ${databases.length} databases and ${logins.length} logins of the broker`);
  } finally {
    await engine.close();
  }
}
