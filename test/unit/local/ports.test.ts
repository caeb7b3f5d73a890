import { describe, expect, test } from '@jest/globals';
import { choosePorts, LISTENERS } from '../../../local/ports.ts';
import type { Ports, PortWorld } from '../../../local/ports.ts';

/** Free ports are 20000 and up; `inUse` are not. */
function world(...inUse: number[]): PortWorld {
  return {
    isFree: async (port) => !inUse.includes(port),
    find: async (taken) => {
      let port = 20_000;
      while (taken.has(port) || inUse.includes(port)) port += 1;
      return port;
    },
  };
}
const noneFixed = { apiserver: undefined, broker: undefined };
const remembered: Ports = { apiserver: 1, broker: 2, controller: 3, store: 4, postgresql: 5, mysql: 6 };

describe('the ports of a stack', () => {
  test('are all different on the first start', async () => {
    const { ports, moved } = await choosePorts(noneFixed, {}, world());
    expect(new Set(Object.values(ports)).size).toBe(LISTENERS.length);
    expect(moved).toEqual([]);
  });

  test('are those of the last start, so that kubeconfig and credentials stay true', async () => {
    expect(await choosePorts(noneFixed, remembered, world())).toEqual({ ports: remembered, moved: [] });
  });

  test('move one by one when somebody else has taken them, and it is told which', async () => {
    const { ports, moved } = await choosePorts(noneFixed, remembered, world(5));
    expect(ports).toEqual({ ...remembered, postgresql: 20_000 });
    expect(moved).toEqual(['postgresql']);
  });

  test('are those of the settings, whatever was remembered', async () => {
    const { ports } = await choosePorts({ apiserver: 6443, broker: 8443 }, remembered, world());
    expect(ports).toEqual({ ...remembered, apiserver: 6443, broker: 8443 });
  });

  test('a new one is none that a later listener has or is told to have', async () => {
    const { ports } = await choosePorts({ apiserver: undefined, broker: 20_000 }, { mysql: 20_001 }, world());
    expect(ports.apiserver).toBe(20_002);
    expect(ports.broker).toBe(20_000);
    expect(ports.mysql).toBe(20_001);
  });

  test('one that a setting fixes does not move: it is an error that names the setting', async () => {
    const choose = choosePorts({ apiserver: undefined, broker: 8443 }, remembered, world(8443));
    await expect(choose).rejects.toThrow('Port 8443 (BROKER_PORT) is in use by another program.');
  });
});
