import { createHash } from 'node:crypto';
import type { KubeClient } from '../lib/kube/client.ts';
import { SECRETS } from '../lib/kube/core-resources.ts';
import { formatKey } from '../lib/kube/objects.ts';
import type { ObjectKey } from '../lib/kube/objects.ts';
import type { AnyBroker, Scope } from '../lib/catalog/scope.ts';
import type { OsbCall, OsbClient } from '../lib/osb/client-contract.ts';
import type { ConnectOverrides, OsbAuth, OsbClientOptions } from '../lib/osb/client-options.ts';
import { createOsbClient } from '../lib/osb/client.ts';
import type { Outcome } from '../lib/osb/outcome.ts';
import { UsageError } from '../lib/runtime/errors.ts';
import type { Caches } from './caches.ts';

/** How long a Secret that was read is believed, milliseconds. A 401 ends it at once. */
const BELIEVED_MS = 60_000;

/** What can be wrong before a request is made. The message says what to do and holds no credential. */
export interface NoClient {
  readonly ok: false;
  readonly cause: 'no-broker' | 'credentials' | 'configuration';
  readonly message: string;
}
export type ClientLookup = { readonly ok: true; readonly client: OsbClient } | NoClient;

export interface BrokerClientsOptions {
  readonly kube: Pick<KubeClient, 'get'>;
  readonly caches: Pick<Caches, 'scopes'>;
  readonly timeoutMs: number;
  readonly connect: ConnectOverrides;
  readonly now: () => number;
  /** Told of each call that has ended; `broker` is the key of the broker object. */
  readonly onCall: (broker: string, call: OsbCall) => void;
}

interface Known {
  readonly fingerprint: string;
  readonly client: OsbClient;
  readonly readAt: number;
}

/**
 * A client for each registered broker, made anew when its spec or its credentials change. Secrets are read one by one
 * and not kept, but for the client that was made with them.
 */
export class BrokerClients {
  readonly #options: BrokerClientsOptions;
  readonly #known = new Map<string, Known>();
  readonly #prints = new WeakMap<AnyBroker, string>();

  constructor(options: BrokerClientsOptions) {
    this.#options = options;
  }

  /**
   * Calls the broker. What keeps the call from being made counts as `unreachable`: nothing was done. After a 401 the
   * credentials are read again and, if they have changed, the call is repeated.
   */
  async call<T>(
    scope: Scope,
    key: ObjectKey,
    request: (client: OsbClient) => Promise<Outcome<T>>,
    signal: AbortSignal,
  ): Promise<Outcome<T>> {
    const found = await this.clientFor(scope, key, signal);
    if (!found.ok) return { kind: 'unreachable', message: found.message };
    const outcome = await request(found.client);
    if (outcome.kind !== 'rejected' || outcome.status !== 401) return outcome;
    this.#expire(scope, key);
    const again = await this.clientFor(scope, key, signal);
    return again.ok && again.client !== found.client ? request(again.client) : outcome;
  }

  /** The client of a broker, or why there is none. Throws when the API server cannot be asked for the Secret. */
  async clientFor(scope: Scope, key: ObjectKey, signal: AbortSignal): Promise<ClientLookup> {
    const id = idOf(scope, key);
    const { brokers } = this.#options.caches.scopes[scope.name];
    const broker = brokers.get(key);
    if (broker === undefined) return this.#noBroker(scope, key);
    const now = this.#options.now();
    const known = this.#known.get(id);
    const specPrint = this.#fingerprintOf(broker);
    if (known !== undefined && now - known.readAt < BELIEVED_MS && known.fingerprint.startsWith(specPrint)) {
      return { ok: true, client: known.client };
    }
    const auth = await this.#auth(broker, key, signal);
    // It may have gone in the meantime, and then nobody would come to forget what is made now.
    if (brokers.get(key) === undefined) return this.#noBroker(scope, key);
    if (!auth.ok) {
      // With a namespace its Secrets go at once, and then what its instances have at the broker could not be removed.
      const isGoing = broker.metadata.deletionTimestamp !== undefined;
      return isGoing && known?.fingerprint.startsWith(specPrint) === true ? { ok: true, client: known.client } : auth;
    }
    const print = `${specPrint}.${fingerprint(auth.auth)}`;
    if (known?.fingerprint === print) {
      this.#known.set(id, { ...known, readAt: now });
      return { ok: true, client: known.client };
    }
    return this.#create(id, formatKey(key), broker, auth.auth, print, now);
  }

  /** Closes the connections to a broker whose object is gone, and lets go of its credentials. */
  async forget(scope: Scope, key: ObjectKey): Promise<void> {
    const id = idOf(scope, key);
    const known = this.#known.get(id);
    this.#known.delete(id);
    await known?.client.close();
  }

  /** Closes every connection. */
  async close(): Promise<void> {
    const clients = [...this.#known.values()].map(({ client }) => client.close());
    this.#known.clear();
    await Promise.all(clients);
  }

  async #create(
    id: string,
    name: string,
    broker: AnyBroker,
    auth: OsbAuth | undefined,
    print: string,
    now: number,
  ): Promise<ClientLookup> {
    const { url, caBundle, insecureSkipTLSVerify } = broker.spec;
    const options: OsbClientOptions = {
      url,
      timeoutMs: this.#options.timeoutMs,
      connect: this.#options.connect,
      onCall: (call) => {
        this.#options.onCall(name, call);
      },
      ...(auth === undefined ? {} : { auth }),
      ...(caBundle === undefined || caBundle === ''
        ? {}
        : { caBundle: Buffer.from(caBundle, 'base64').toString('utf8') }),
      ...(insecureSkipTLSVerify === true ? { insecureSkipTlsVerify: true } : {}),
    };
    try {
      const client = createOsbClient(options);
      const before = this.#known.get(id);
      this.#known.set(id, { fingerprint: print, client, readAt: now });
      // Calls of the old client that still run come to their own end; new ones use the new client.
      if (before !== undefined) setTimeout(() => void before.client.close(), this.#options.timeoutMs).unref();
      return { ok: true, client };
    } catch (thrown) {
      if (thrown instanceof UsageError) return { ok: false, cause: 'configuration', message: thrown.message };
      throw thrown;
    }
  }

  async #auth(
    broker: AnyBroker,
    key: ObjectKey,
    signal: AbortSignal,
  ): Promise<{ readonly ok: true; readonly auth: OsbAuth | undefined } | NoClient> {
    const { authInfo } = broker.spec;
    const reference: { readonly namespace?: string; readonly name: string } | undefined =
      authInfo?.basic?.secretRef ?? authInfo?.bearer?.secretRef;
    if (reference === undefined) return { ok: true, auth: undefined };
    const namespace = key.namespace ?? reference.namespace ?? '';
    const secret = await this.#options.kube.get(SECRETS, { namespace, name: reference.name }, signal);
    const where = `Secret ${namespace}/${reference.name}`;
    const fail = (message: string): NoClient => ({ ok: false, cause: 'credentials', message });
    if (secret === undefined) return fail(`${where}, which authInfo names, does not exist`);
    const value = (field: string): string | undefined => {
      const text = secret.data?.[field];
      return text === undefined || text === '' ? undefined : Buffer.from(text, 'base64').toString('utf8');
    };
    if (authInfo?.basic !== undefined) {
      const username = value('username');
      const password = value('password');
      return username === undefined || password === undefined
        ? fail(`${where} must have the keys username and password`)
        : { ok: true, auth: { basic: { username, password } } };
    }
    const token = value('token');
    return token === undefined ? fail(`${where} must have the key token`) : { ok: true, auth: { bearer: token } };
  }

  async #noBroker(scope: Scope, key: ObjectKey): Promise<NoClient> {
    await this.forget(scope, key);
    return {
      ok: false,
      cause: 'no-broker',
      message: `there is no ${scope.brokers.kind} ${key.name}; register it again`,
    };
  }

  /** Objects of the caches do not change, and every call asks. */
  #fingerprintOf(broker: AnyBroker): string {
    const known = this.#prints.get(broker);
    if (known !== undefined) return known;
    const print = fingerprint(broker.spec);
    this.#prints.set(broker, print);
    return print;
  }

  #expire(scope: Scope, key: ObjectKey): void {
    const id = idOf(scope, key);
    const known = this.#known.get(id);
    if (known !== undefined) this.#known.set(id, { ...known, readAt: -Infinity });
  }
}

/** Names of the two scopes may be the same. */
function idOf(scope: Scope, key: ObjectKey): string {
  return `${scope.name} ${formatKey(key)}`;
}

/** Tells whether something has changed without keeping it. */
function fingerprint(value: unknown): string {
  return createHash('sha256')
    .update(JSON.stringify(value ?? null))
    .digest('hex');
}
