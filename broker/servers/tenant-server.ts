import type { ServerConfig } from '../config/config.ts';
import type { Engine, PreflightFinding, ServerIdentity } from '../engine/engine.ts';
import { EngineError } from '../engine/engine.ts';
import { delayAfter } from '../../lib/runtime/backoff.ts';
import type { Clock } from '../../lib/runtime/clock.ts';
import { toError } from '../../lib/runtime/errors.ts';
import type { Logger } from '../../lib/runtime/log.ts';

const RETRY = { initialMs: 500, maximumMs: 10_000 };
/** A server that is well is looked at again, because it may have been upgraded or reconfigured. */
const AGAIN_MS = 5 * 60_000;

/**
 * - `unknown`: not reached yet since this process began.
 * - `unreachable`: the last look failed; `message` says how.
 * - `unfit`: reached, and something must be corrected on the server before instances may be made on it.
 * - `ready`: instances and bindings can be made.
 */
export type ServerState =
  | { readonly kind: 'unknown' }
  | { readonly kind: 'unreachable'; readonly message: string }
  | { readonly kind: 'unfit'; readonly message: string }
  | { readonly kind: 'ready'; readonly identity: ServerIdentity };

/** One server of the configuration: its engine, and what the preflight last found. */
export class TenantServer {
  readonly config: ServerConfig;
  readonly engine: Engine;
  readonly #log: Logger;
  readonly #clock: Clock;
  #state: ServerState = { kind: 'unknown' };
  #warned = '';

  constructor(config: ServerConfig, engine: Engine, clock: Clock, log: Logger) {
    this.config = config;
    this.engine = engine;
    this.#clock = clock;
    this.#log = log.child({ server: config.name });
  }

  get state(): ServerState {
    return this.#state;
  }

  /**
   * Looks at the server again and again until the signal aborts; `onReady` is told when it has (again)
   * become so; it does not throw.
   */
  async watch(signal: AbortSignal, onReady: () => Promise<void>): Promise<void> {
    let failures = 0;
    while (!signal.aborted) {
      const before = this.#state.kind;
      this.#state = await this.#look();
      if (this.#state.kind === 'ready') {
        failures = 0;
        if (before !== 'ready') await onReady();
      } else failures += 1;
      const pause = failures === 0 ? AGAIN_MS : delayAfter(failures, RETRY, Math.random());
      await this.#clock.sleep(pause, signal).catch(() => undefined);
    }
  }

  /** The engine and identity for making something new. @throws EngineError (retry) that says why not. */
  forCreating(): { readonly engine: Engine; readonly identity: ServerIdentity } {
    if (this.#state.kind === 'ready') return { engine: this.engine, identity: this.#state.identity };
    throw new EngineError(this.#reason(this.#state), 'retry');
  }

  #reason(state: Exclude<ServerState, { kind: 'ready' }>): string {
    const name = `server ${this.config.name}`;
    switch (state.kind) {
      case 'unknown':
        return `${name} has not answered yet`;
      case 'unreachable':
        return `${name} is unreachable (${state.message})`;
      case 'unfit':
        return `${name} cannot be used until its administrator corrects it (${state.message})`;
    }
  }

  async #look(): Promise<ServerState> {
    try {
      const report = await this.engine.preflight();
      this.#report(report.findings);
      const fatal = report.findings.filter(({ severity }) => severity === 'fatal');
      if (fatal.length > 0) return { kind: 'unfit', message: fatal.map(({ message }) => message).join('; ') };
      if (this.#state.kind !== 'ready') {
        this.#log.info(
          { product: report.server.product, version: report.server.version, tls: report.tls },
          'server ready',
        );
      }
      return { kind: 'ready', identity: report.server };
    } catch (thrown) {
      const { message } = toError(thrown);
      if (this.#state.kind !== 'unreachable' || this.#state.message !== message) {
        this.#log.warn({ err: toError(thrown) }, 'server not reached, trying again');
      }
      return { kind: 'unreachable', message };
    }
  }

  /** Findings go to the log when they change, not at every look. */
  #report(findings: readonly PreflightFinding[]): void {
    const summary = JSON.stringify(findings);
    if (summary === this.#warned) return;
    this.#warned = summary;
    for (const { severity, name, message } of findings) this.#log.warn({ severity, finding: name }, message);
  }
}
