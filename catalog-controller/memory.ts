import type { ObjectMeta } from '../lib/kube/objects.ts';

/** One state of one Secret. */
export interface SecretVersion {
  readonly uid: string;
  readonly resourceVersion: string;
}

interface SecretCheck {
  readonly at: number;
  readonly marks: string;
  readonly state: SecretVersion | undefined;
}

/**
 * What one process remembers about objects between passes, by their uid. All of it can be lost: a new process is only
 * more careful (intents it did not write itself) or more eager (polls and looks at Secrets) than it need be.
 */
export class Memory {
  readonly #freshIntents = new Set<string>();
  readonly #polls = new Map<string, number>();
  readonly #brokerNews = new Set<string>();
  readonly #released = new Set<string>();
  readonly #secretChecks = new Map<string, SecretCheck>();

  /** This process has written an intent into the status and not sent its request yet. */
  intentIsFresh(uid: string): boolean {
    return this.#freshIntents.has(uid);
  }

  intentWritten(uid: string): void {
    this.#freshIntents.add(uid);
  }

  /** To be called before the request is sent. */
  requestSent(uid: string): void {
    this.#freshIntents.delete(uid);
  }

  nextPollAt(uid: string): number | undefined {
    return this.#polls.get(uid);
  }

  /** `undefined`: there is nothing to poll, or it is to be polled at once. */
  pollAt(uid: string, time: number | undefined): void {
    if (time === undefined) this.#polls.delete(uid);
    else this.#polls.set(uid, time);
  }

  /** 0 when the Secret has not been looked at yet, or not since the binding's labels or annotations were changed. */
  nextSecretCheckAt(binding: ObjectMeta): number {
    const next = this.#secretChecks.get(binding.uid ?? '');
    return next?.marks === marksOf(binding) ? next.at : 0;
  }

  /** The Secret is as it should be; look again at this time. `secret` is the Secret's. */
  checkSecretAt(binding: ObjectMeta, at: number, secret: ObjectMeta): void {
    const { uid, resourceVersion } = secret;
    const state = uid === undefined || resourceVersion === undefined ? undefined : { uid, resourceVersion };
    this.#secretChecks.set(binding.uid ?? '', { at, marks: marksOf(binding), state });
  }

  /** The Secret of the binding as it was when it was last found or made as it should be. */
  knownSecret(bindingUid: string): SecretVersion | undefined {
    return this.#secretChecks.get(bindingUid)?.state;
  }

  /** There is news of the object's broker that make it worth while to try again what is postponed. */
  brokerHasChanged(uid: string): boolean {
    return this.#brokerNews.has(uid);
  }

  brokerChanged(uid: string): void {
    this.#brokerNews.add(uid);
  }

  brokerWasTried(uid: string): void {
    this.#brokerNews.delete(uid);
  }

  /** The finalizer of this object was taken off: what the copies still show of it is over. */
  isReleased(uid: string): boolean {
    return this.#released.has(uid);
  }

  /** To be called before the finalizer is taken off: the news that the object is gone may come before the answer. */
  released(uid: string): void {
    this.#released.add(uid);
  }

  /** The finalizer could not be taken off. */
  notReleased(uid: string): void {
    this.#released.delete(uid);
  }

  /** The object is gone. */
  forget(uid: string): void {
    this.#released.delete(uid);
    this.#brokerNews.delete(uid);
    this.#freshIntents.delete(uid);
    this.#polls.delete(uid);
    this.#secretChecks.delete(uid);
  }
}

/** Whoever labels or annotates a binding wants somebody to look at it. */
function marksOf({ labels, annotations }: ObjectMeta): string {
  return JSON.stringify([labels, annotations]);
}
