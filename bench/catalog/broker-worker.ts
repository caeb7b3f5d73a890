import { parentPort } from 'node:worker_threads';
import { startFakeBroker } from '../../test/support/fake-broker.ts';

/**
 * A broker that keeps everything in memory and answers at once, on a thread of its own: what is measured is what the
 * controllers and the API server do, and a broker that took its time would hide it.
 */
const broker = await startFakeBroker();
// What it remembers of each request is for tests.
setInterval(() => broker.requests.splice(0), 100).unref();
parentPort?.on('message', () => {
  const { instances, bindings, violations } = broker.world;
  parentPort?.postMessage({ instances: instances.size, bindings: bindings.size, violations });
});
parentPort?.postMessage(broker.url);
