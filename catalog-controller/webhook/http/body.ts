import type { IncomingMessage } from 'node:http';
import { HttpError } from './http-error.ts';

/**
 * The largest review that is read, bytes. It holds an object as it was and as it is to be, and an API server takes in no
 * object of more than 3 MiB.
 */
export const MAX_REVIEW_BYTES = 7 * 1024 * 1024;

/** A body up to this is small, bytes: nearly every review is, and large ones must not be in its way. */
const MAX_SMALL_BYTES = 256 * 1024;

/** What all small and all large bodies that are held at once may take, bytes: anybody could send any number of them. */
const HELD_SMALL_BYTES = 32 * 1024 * 1024;
const HELD_LARGE_BYTES = 5 * MAX_REVIEW_BYTES;

/** A body must have arrived after this, milliseconds. API servers have it at hand, and wait 10 s for the answer. */
const SMALL_WITHIN_MS = 8_000;
const LARGE_WITHIN_MS = 3_000;

/** Counts the bytes of the bodies that are held. */
export class HeldBodies {
  #small = 0;
  #large = 0;

  /** Makes room for one body, which may grow. */
  body(): HeldBody {
    let size = 0;
    const give = (): void => {
      if (isLarge(size)) this.#large -= size;
      else this.#small -= size;
      size = 0;
    };
    return {
      growTo: (bytes) => {
        give();
        const fits = isLarge(bytes) ? this.#large + bytes <= HELD_LARGE_BYTES : this.#small + bytes <= HELD_SMALL_BYTES;
        if (!fits) return false;
        size = bytes;
        if (isLarge(size)) this.#large += size;
        else this.#small += size;
        return true;
      },
      give,
    };
  }
}

interface HeldBody {
  /** False when there is no room for so many bytes; then it holds none. */
  growTo(bytes: number): boolean;
  give(): void;
}

/** The body as text, handed to `use`; its bytes count as held until `use` has ended. Throws HttpError. */
export async function withBody<T>(
  request: IncomingMessage,
  held: HeldBodies,
  use: (text: string) => Promise<T>,
): Promise<T> {
  const room = held.body();
  try {
    return await use(decoded(await arrived(request, room)));
  } finally {
    room.give();
  }
}

/** Reads the body; what is left of one that is refused is not read, for the refusal still has to be sent. */
function arrived(request: IncomingMessage, room: HeldBody): Promise<Buffer[]> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    const expected = Number(request.headers['content-length'] ?? 0);
    const started = performance.now();
    const tooSlow = (): void => {
      end(new HttpError(408, 'the body did not arrive in time'));
    };
    const within = (): number => (isLarge(Math.max(size, expected)) ? LARGE_WITHIN_MS : SMALL_WITHIN_MS);
    let timer = setTimeout(tooSlow, within());
    const end = (failure?: Error): void => {
      clearTimeout(timer);
      request.off('data', take).off('end', end).off('close', gone).off('error', gone).pause();
      if (failure === undefined) resolve(chunks);
      else reject(failure);
    };
    const gone = (): void => {
      end(new HttpError(400, 'the body ended too soon'));
    };
    const take = (chunk: Buffer): void => {
      const wasLarge = isLarge(Math.max(size, expected));
      size += chunk.length;
      if (size > MAX_REVIEW_BYTES) {
        end(tooLarge());
      } else if (!room.growTo(size)) {
        end(new HttpError(503, 'too many reviews at once; try again'));
      } else {
        chunks.push(chunk);
        if (wasLarge || !isLarge(size)) return;
        clearTimeout(timer);
        timer = setTimeout(tooSlow, Math.max(0, started + LARGE_WITHIN_MS - performance.now()));
      }
    };
    if (expected > MAX_REVIEW_BYTES) {
      end(tooLarge());
      return;
    }
    request
      .on('data', take)
      .on('end', () => {
        end();
      })
      .on('close', gone)
      .on('error', gone);
  });
}

function isLarge(bytes: number): boolean {
  return bytes > MAX_SMALL_BYTES;
}

function tooLarge(): HttpError {
  return new HttpError(413, `a review of more than ${MAX_REVIEW_BYTES} bytes is not read`);
}

function decoded(chunks: readonly Buffer[]): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(chunks));
  } catch {
    throw new HttpError(400, 'the body is not valid UTF-8');
  }
}
