import type { IncomingMessage } from 'node:http';
import { HttpError } from './http-error.ts';

/**
 * The largest review that is read, bytes. It holds an object as it was and as it is to be, and an API server takes in no
 * object of more than 3 MiB.
 */
export const MAX_REVIEW_BYTES = 7 * 1024 * 1024;

/** What all bodies that are held at once may take, bytes: whoever reaches the port could send any number of them. */
export const MAX_HELD_BYTES = 5 * MAX_REVIEW_BYTES;

/** Counts the bytes of bodies that are held. */
export class HeldBytes {
  readonly #most: number;
  #held = 0;

  constructor(most: number) {
    this.#most = most;
  }

  /** Takes room for `bytes`; false when there is none. */
  take(bytes: number): boolean {
    if (this.#held + bytes > this.#most) return false;
    this.#held += bytes;
    return true;
  }

  give(bytes: number): void {
    this.#held -= bytes;
  }
}

/** The body as text, handed to `use`; its bytes count as held until `use` has ended. Throws HttpError. */
export async function withBody<T>(
  request: IncomingMessage,
  held: HeldBytes,
  use: (text: string) => Promise<T>,
): Promise<T> {
  let taken = 0;
  try {
    const chunks: Buffer[] = [];
    checkSize(Number(request.headers['content-length'] ?? 0));
    // Leaving the loop early must not end the connection: the refusal still has to be sent on it.
    for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
      checkSize(taken + chunk.length);
      if (!held.take(chunk.length)) throw new HttpError(503, 'too many large reviews at once; try again');
      taken += chunk.length;
      chunks.push(chunk);
    }
    return await use(decoded(chunks));
  } finally {
    held.give(taken);
  }
}

function checkSize(bytes: number): void {
  if (bytes > MAX_REVIEW_BYTES) throw new HttpError(413, `a review of more than ${MAX_REVIEW_BYTES} bytes is not read`);
}

function decoded(chunks: readonly Buffer[]): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(chunks));
  } catch {
    throw new HttpError(400, 'the body is not valid UTF-8');
  }
}
