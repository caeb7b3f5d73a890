import { Socket } from 'node:net';

/**
 * A socket that gives the system at once what is uncorked in one turn of the event loop, as the driver does with each
 * statement: several cost one system call, one segment and one wake-up of the server.
 */
export class GatheringSocket extends Socket {
  override uncork(): void {
    process.nextTick(() => {
      super.uncork();
    });
  }
}
