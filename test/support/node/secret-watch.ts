import { recordSecret, recordText } from '../evidence.ts';
import type { Kubectl } from '../kubectl.ts';
import { Pods } from './pods.ts';

/** Keys of Secrets with something in them that must not be seen anywhere; others hold hosts, names, certificates. */
const SECRET_KEYS = ['password', 'uri', 'connectionString', 'jdbcUrl', 'generated', 'tls.key'];

/**
 * Keeps what Secrets and logs of pods hold at the times it is told to look: logs go with their pods, so it has to look
 * before pods are replaced.
 */
export class SecretWatch {
  readonly #kubectl: Kubectl;
  readonly #namespaces: readonly string[];
  readonly #secrets = new Map<string, string>();
  readonly #logs: string[] = [];

  constructor(kubectl: Kubectl, namespaces: readonly string[]) {
    this.#kubectl = kubectl;
    this.#namespaces = namespaces;
  }

  async look(): Promise<void> {
    for (const namespace of this.#namespaces) {
      const { items } = await this.#kubectl.json<{ items: Secret[] }>(['-n', namespace, 'get', 'secrets']);
      for (const { metadata, data } of items) {
        for (const key of SECRET_KEYS) {
          const value = data?.[key];
          if (value === undefined) continue;
          const of = `${key} of Secret ${namespace}/${metadata.name}`;
          const text = Buffer.from(value, 'base64').toString();
          if (!this.#secrets.has(text)) await recordSecret(text, of);
          this.#secrets.set(text, of);
        }
      }
      const log = await new Pods(this.#kubectl, namespace).logs();
      await recordText(`pods/${namespace}-${this.#logs.length}.log`, log);
      this.#logs.push(log);
    }
  }

  /** How many different secrets were seen. */
  count(): number {
    return this.#secrets.size;
  }

  /** Which of them are in a log, by what they are. */
  found(): string[] {
    return [...this.#secrets].filter(([text]) => this.#logs.some((log) => log.includes(text))).map(([, of]) => of);
  }
}

interface Secret {
  readonly metadata: { readonly name: string };
  readonly data?: Readonly<Record<string, string>>;
}
