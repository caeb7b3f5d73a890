import { open } from 'node:fs/promises';
import type { RequestCounts } from './request-counts.ts';

interface AuditEvent {
  readonly verb?: string;
  readonly user?: { readonly username?: string };
  readonly objectRef?: { readonly resource?: string; readonly subresource?: string };
}

/** The audit log of a kube-apiserver, read on as it grows: what some of its users have asked for. */
export class AuditLog {
  readonly #file: string;
  readonly #users: ReadonlySet<string>;
  readonly #admission: string;
  readonly #counts = new Map<string, number>();
  #position = 0;

  /** `users` and who asks on behalf of admission. */
  constructor(file: string, users: readonly string[], admission: string) {
    this.#file = file;
    this.#users = new Set([...users, admission]);
    this.#admission = admission;
  }

  /** Up to now. The server writes an entry before it answers. */
  async counts(): Promise<RequestCounts> {
    const handle = await open(this.#file);
    try {
      const { size } = await handle.stat();
      const bytes = Buffer.alloc(size - this.#position);
      await handle.read(bytes, 0, bytes.length, this.#position);
      // The last line may be half written.
      const end = bytes.lastIndexOf(0x0a) + 1;
      this.#position += end;
      for (const line of bytes.toString('utf8', 0, end).split('\n')) if (line !== '') this.#count(line);
    } finally {
      await handle.close();
    }
    return new Map(this.#counts);
  }

  #count(line: string): void {
    const { verb = '', user, objectRef } = JSON.parse(line) as AuditEvent;
    const who = user?.username ?? '';
    if (!this.#users.has(who)) return;
    const { resource = '', subresource } = objectRef ?? {};
    const what = `${verb} ${resource}${subresource === undefined ? '' : `/${subresource}`}`;
    // What admission looks up for one object belongs to that object, collections too.
    const kind = who === this.#admission && verb !== 'watch' ? `admission: ${what}` : what;
    this.#counts.set(kind, (this.#counts.get(kind) ?? 0) + 1);
  }
}
