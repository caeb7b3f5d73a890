import { parseGoDuration } from '../../lib/catalog/go-duration.ts';
import { hostAndPort, LOG_LEVELS, logLevel, parseFlags } from '../../lib/runtime/command-line.ts';
import { UsageError } from '../../lib/runtime/errors.ts';

export interface WebhookSettings {
  /** A kubeconfig; absent means the service account of the pod. */
  readonly kubeconfig: string | undefined;
  /** Where reviews are answered, over TLS. */
  readonly listen: { readonly host: string; readonly port: number };
  /** Where health and metrics are served, over plain HTTP. */
  readonly healthListen: { readonly host: string; readonly port: number };
  /** PEM. Both are read again when they change. */
  readonly tlsCertFile: string;
  readonly tlsKeyFile: string;
  /** How long reviews are still answered after the program was told to stop. */
  readonly shutdownDelayMs: number;
  readonly logLevel: string;
}

const OPTIONS = {
  kubeconfig: { type: 'string' },
  listen: { type: 'string', default: '127.0.0.1:8445' },
  'health-listen': { type: 'string', default: '127.0.0.1:8446' },
  'tls-cert-file': { type: 'string' },
  'tls-key-file': { type: 'string' },
  'shutdown-delay': { type: 'string', default: '0s' },
  'log-level': { type: 'string', short: 'v', default: 'info' },
  help: { type: 'boolean', short: 'h', default: false },
} as const;

export const USAGE = `Usage: service-catalog webhook --tls-cert-file FILE --tls-key-file FILE [flags]

Completes and checks the objects of the Service Catalog before they are stored.

  --tls-cert-file FILE       the certificate to serve with, PEM, then those that lead to its authority
  --tls-key-file FILE        its private key, PEM; both are read again when they change
  --listen HOST:PORT         where the API server asks (127.0.0.1:8445)
  --health-listen HOST:PORT  health and metrics, without TLS (127.0.0.1:8446)
  --kubeconfig FILE          the cluster; without it, the service account of the pod
  --shutdown-delay DURATION  how long to go on answering when told to stop, until API servers ask another copy (0s)
  -v, --log-level LEVEL      ${LOG_LEVELS.join(', ')} (info)
`;

/**
 * The settings of the command line, or `help`.
 * @throws UsageError with one sentence that says what to change.
 */
export function parseSettings(args: readonly string[]): WebhookSettings | 'help' {
  const values = parseFlags(args, OPTIONS);
  if (values.help) return 'help';
  return {
    kubeconfig: values.kubeconfig,
    listen: hostAndPort('--listen', values.listen, 0),
    healthListen: hostAndPort('--health-listen', values['health-listen'], 0),
    tlsCertFile: required('--tls-cert-file', values['tls-cert-file']),
    tlsKeyFile: required('--tls-key-file', values['tls-key-file']),
    shutdownDelayMs: shutdownDelay(values['shutdown-delay']),
    logLevel: logLevel('--log-level', values['log-level']),
  };
}

function required(flag: string, value: string | undefined): string {
  if (value === undefined || value === '') {
    throw new UsageError(`${flag} FILE is required: the API server asks webhooks over TLS only`);
  }
  return value;
}

/** The whole stop must end within the 20 s a program has for it. */
const LONGEST_SHUTDOWN_DELAY_MS = 10_000;

function shutdownDelay(text: string): number {
  const milliseconds = parseGoDuration(text);
  if (milliseconds === undefined || milliseconds < 0 || milliseconds > LONGEST_SHUTDOWN_DELAY_MS) {
    throw new UsageError(`--shutdown-delay must be a duration from 0s to 10s, not "${text}"`);
  }
  return milliseconds;
}
