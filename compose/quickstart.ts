import { readFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { createKubeClient } from '../lib/kube/api-client.ts';
import { toError } from '../lib/runtime/errors.ts';
import { applyManifest } from '../local/quickstart/apply.ts';
import { ensureBrokerSecret } from '../local/quickstart/broker-access.ts';
import { waitForBroker } from '../local/quickstart/broker-ready.ts';
import { parseQuickstart } from '../local/quickstart/manifest.ts';
import { waitForBindings } from '../local/quickstart/wait.ts';

/**
 * The last service of docker-compose.yml: gives the controllers the login of the broker, applies the quickstart and
 * waits for its Secrets. Ends with 0 when they are there.
 */
const BROKER_WAIT_MS = 120_000;
const WAIT_MS = 300_000;

const { values } = parseArgs({
  options: {
    kubeconfig: { type: 'string', default: '/secrets/admin.kubeconfig' },
    'password-file': { type: 'string', default: '/secrets/platform.password' },
    'ca-file': { type: 'string', default: '/secrets/ca.crt' },
    manifest: { type: 'string', default: '/app/examples/quickstart.yaml' },
  },
});

const stopping = new AbortController();
for (const name of ['SIGTERM', 'SIGINT'] as const) {
  process.once(name, () => {
    stopping.abort(new Error(`stopped by ${name}`));
  });
}

try {
  process.exitCode = await run(stopping.signal);
} catch (thrown) {
  process.stderr.write(`${toError(thrown).message}\n`);
  process.exitCode = 1;
}

async function run(signal: AbortSignal): Promise<number> {
  const access = {
    username: 'platform',
    password: (await readFile(values['password-file'], 'utf8')).trim(),
    authority: await readFile(values['ca-file'], 'utf8'),
  };
  const { brokers, rest, bindings } = parseQuickstart(await readFile(values.manifest, 'utf8'));
  const kube = createKubeClient({ kubeconfig: values.kubeconfig, userAgent: 'service-catalog-compose' });
  try {
    await ensureBrokerSecret(kube, access, signal);
    await applyManifest(kube, brokers, access, signal);
    await waitForBroker(kube, BROKER_WAIT_MS, signal);
    await applyManifest(kube, rest, access, signal);
    const told = new Map<string, string>();
    const { open } = await waitForBindings(kube, {
      bindings,
      timeoutMs: WAIT_MS,
      signal,
      tell: ({ namespace, name }, { text }) => {
        const key = `${namespace}/${name}`;
        if (told.get(key) !== text) process.stdout.write(`${key}: ${text}\n`);
        told.set(key, text);
      },
    });
    for (const { namespace, name } of open) process.stderr.write(`${namespace}/${name} has no credentials yet\n`);
    return open.length === 0 ? 0 : 1;
  } finally {
    kube.close();
  }
}
