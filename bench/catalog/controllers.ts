import { join } from 'node:path';
import { freePort } from '../../local/processes/free-port.ts';
import { waitForHttp } from '../../local/processes/http-ready.ts';
import type { ApiServer } from './api-server.ts';
import { Inspector } from './inspector.ts';
import { parseMetrics, valueOf } from './metrics.ts';
import type { Sample } from './metrics.ts';
import type { Processes } from './processes.ts';

/** What a process has of the machine's memory, bytes. */
export interface Memory {
  /** As it is, garbage included. */
  readonly resident: number;
  /** What is in use, after a collection. */
  readonly heap: number;
  /** After that collection. */
  readonly residentAfter: number;
}

/** The controller manager, in a process of its own as in production. */
export interface Controllers {
  memory(): Promise<Memory>;
  /** So far. */
  cpuSeconds(): Promise<number>;
  /** So far, by their names in the metrics. */
  brokerCalls(): Promise<ReadonlyMap<string, number>>;
  stop(): Promise<void>;
}

const ROOT = join(import.meta.dirname, '../..');
const READY_MS = 60_000;

/**
 * Starts it so that it works on `atOnce` objects of a broker at a time, half of them instances and half bindings.
 * Resolves when it has read everything there is.
 */
export async function startControllers(
  processes: Processes,
  api: ApiServer,
  atOnce: number,
  signal: AbortSignal,
): Promise<Controllers> {
  const address = `127.0.0.1:${await freePort()}`;
  const inspectorPort = await freePort();
  const running = await processes.start('catalog-controller', [
    ...[`--inspect=127.0.0.1:${inspectorPort}`, join(ROOT, 'catalog-controller/main.ts')],
    ...['--kubeconfig', api.controllerKubeconfig, ...api.controllerFlags, '--listen', address],
    ...['--concurrent-syncs', String(Math.ceil(atOnce / 2))],
  ]);
  await waitForHttp({ url: `http://${address}/readyz`, what: 'the controllers', timeoutMs: READY_MS, signal });
  const inspector = await Inspector.connect(inspectorPort);
  const metrics = async (): Promise<Sample[]> =>
    parseMetrics(await (await fetch(`http://${address}/metrics`, { signal })).text());
  const resident = async (): Promise<number> => valueOf(await metrics(), 'process_resident_memory_bytes');
  return {
    memory: async () => {
      const before = await resident();
      const heap = await inspector.heapAfterCollection();
      return { resident: before, heap, residentAfter: await resident() };
    },
    cpuSeconds: async () => valueOf(await metrics(), 'process_cpu_seconds_total'),
    brokerCalls: async () => {
      const calls = new Map<string, number>();
      for (const { name, labels, value } of await metrics()) {
        if (name !== 'servicecatalog_osb_request_count') continue;
        const method = labels['method'] ?? '';
        calls.set(method, (calls.get(method) ?? 0) + value);
      }
      return calls;
    },
    stop: async () => {
      inspector.close();
      await running.stop();
    },
  };
}
