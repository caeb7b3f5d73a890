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
  readonly #counts = new Map<string, number>();
  #position = 0;

  constructor(file: string, users: ReadonlySet<string>) {
    this.#file = file;
    this.#users = users;
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
    if (!this.#users.has(user?.username ?? '')) return;
    const { resource = '', subresource } = objectRef ?? {};
    const kind = `${verb} ${resource}${subresource === undefined ? '' : `/${subresource}`}`;
    this.#counts.set(kind, (this.#counts.get(kind) ?? 0) + 1);
  }
}
