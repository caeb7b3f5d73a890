import { createKubeClient } from '../../lib/kube/api-client.ts';
import { EVENTS, SECRETS } from '../../lib/kube/core-resources.ts';
import { Informer } from '../../lib/kube/informer.ts';
import { silentLogger } from '../../lib/runtime/log.ts';
import { CATALOG_RESOURCES } from '../../lib/catalog/resources.ts';
import { recordSecret, recordText } from './evidence.ts';

/** What of a Secret is secret; the rest (host, database, type) may be seen anywhere. */
const SECRET_KEYS = ['password', 'uri', 'connectionString', 'jdbcUrl'];

/**
 * Watches an API server for as long as it is used, and keeps for the search for leaked secrets: every password that a
 * Secret ever held, and every version of every other object that was seen, Events included.
 */
export class SecretCollector {
  readonly #informers: Informer<never>[];
  readonly #seen: string[] = [];
  readonly #close: () => void;
  readonly #recording: Promise<void>[] = [];

  constructor(kubeconfig: string) {
    const client = createKubeClient({ kubeconfig, userAgent: 'secret-collector' });
    this.#close = () => {
      client.close();
    };
    const log = silentLogger();
    const secrets = new Informer({ client, resource: SECRETS, log });
    secrets.onChange(({ object }) => {
      for (const key of SECRET_KEYS) {
        const value = object.data?.[key];
        if (value === undefined) continue;
        const of = `${key} of Secret ${object.metadata.namespace ?? ''}/${object.metadata.name ?? ''}`;
        this.#recording.push(recordSecret(Buffer.from(value, 'base64').toString(), of));
      }
    });
    const others = [EVENTS, ...CATALOG_RESOURCES].map((resource) => {
      const informer = new Informer({ client, resource, log });
      informer.onChange(({ object }) => this.#seen.push(JSON.stringify(object)));
      return informer;
    });
    this.#informers = [secrets, ...others] as unknown as Informer<never>[];
  }

  async start(): Promise<void> {
    for (const informer of this.#informers) informer.start();
    await Promise.all(this.#informers.map((informer) => informer.waitForSync()));
  }

  /** Stops to watch and leaves what was seen. */
  async stop(): Promise<void> {
    await Promise.all(this.#informers.map((informer) => informer.stop()));
    this.#close();
    await Promise.all(this.#recording);
    await recordText('objects.jsonl', this.#seen.join('\n'));
  }
}
