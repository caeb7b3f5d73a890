/**
 * What a machine lacks, so that tests which need it are NOT RUN there: not Linux, no Go and none to be had, no way to
 * the Go modules. Whatever else goes wrong while something is fetched, built or started is a failure.
 */
export class NotHereError extends Error {
  override readonly name = 'NotHereError';
}

/** Why something cannot run on this machine; rethrows what would be a failure on any machine. */
export function whyNotHere(thrown: unknown, platform: NodeJS.Platform = process.platform): string {
  if (thrown instanceof NotHereError) return thrown.message;
  // What is fetched and built are programs for Linux.
  if (platform !== 'linux' && thrown instanceof Error) return thrown.message;
  throw thrown;
}

/** Whether the Go tool could not reach the place of modules, rather than not find one there or not compile it. */
export function isUnreachable(goOutput: string): boolean {
  return /dial tcp|proxyconnect|no such host|i\/o timeout|connection re(?:fused|set)|TLS handshake|x509:|: 40[37] |module lookup disabled/.test(
    goOutput,
  );
}
