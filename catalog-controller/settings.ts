import { hostname } from 'node:os';
import { parseGoDuration } from '../lib/catalog/go-duration.ts';
import type { ConnectOverrides } from '../lib/osb/client-options.ts';
import { hostAndPort, LOG_LEVELS, logLevel, parseFlags } from '../lib/runtime/command-line.ts';
import { UsageError } from '../lib/runtime/errors.ts';

/** Who sets finalizers, ids and `spec.userInfo` before an object is stored. `none`: nobody, so users can write them. */
export type AdmissionMode = 'webhook' | 'apiserver' | 'none';

export interface Settings {
  /** A kubeconfig; absent means the service account of the pod. */
  readonly kubeconfig: string | undefined;
  readonly admission: AdmissionMode;
  readonly leaderElection: { readonly namespace: string } | undefined;
  readonly clusterIdConfigMap: { readonly namespace: string; readonly name: string };
  /** Where health and metrics are served. */
  readonly listen: { readonly host: string; readonly port: number };
  /** Objects of one broker and one kind that are worked on at once. */
  readonly concurrentSyncs: number;
  readonly brokerRelistIntervalMs: number;
  readonly osbApiRequestTimeoutMs: number;
  readonly pollMaximumMs: number;
  readonly retryMaximumMs: number;
  readonly retryDurationMs: number;
  readonly resyncIntervalMs: number;
  readonly brokerAddresses: ConnectOverrides;
  readonly logLevel: string;
  /** Who this process is among its equals. */
  readonly identity: string;
}

const OPTIONS = {
  kubeconfig: { type: 'string' },
  admission: { type: 'string', default: 'webhook' },
  'leader-elect': { type: 'boolean', default: false },
  'leader-election-namespace': { type: 'string', default: 'kube-system' },
  'cluster-id-configmap-name': { type: 'string', default: 'cluster-info' },
  'cluster-id-configmap-namespace': { type: 'string', default: 'default' },
  listen: { type: 'string', default: '127.0.0.1:8444' },
  'concurrent-syncs': { type: 'string', default: '5' },
  'broker-relist-interval': { type: 'string', default: '24h' },
  'osb-api-request-timeout': { type: 'string', default: '60s' },
  'operation-polling-maximum-backoff-duration': { type: 'string', default: '60s' },
  'retry-maximum-backoff-duration': { type: 'string', default: '5m' },
  'reconciliation-retry-duration': { type: 'string', default: '168h' },
  'resync-interval': { type: 'string', default: '5m' },
  'broker-address': { type: 'string', multiple: true, default: [] as string[] },
  'log-level': { type: 'string', short: 'v', default: 'info' },
  help: { type: 'boolean', short: 'h', default: false },
} as const;

export const USAGE = `Usage: service-catalog controller [flags]

Turns ServiceInstances and ServiceBindings into databases and Secrets.

  --kubeconfig FILE                              the cluster; without it, the service account of the pod
  --admission webhook|apiserver|none             who completes objects and tells their users (webhook)
  --leader-elect                                 only one of several copies works at a time
  --leader-election-namespace NAME               where its Lease is (kube-system)
  --cluster-id-configmap-name NAME               the ConfigMap with the cluster's id (cluster-info)
  --cluster-id-configmap-namespace NAME          and its namespace (default)
  --listen HOST:PORT                             health and metrics (127.0.0.1:8444)
  --concurrent-syncs N                           objects of one broker worked on at once (5)
  --broker-relist-interval DURATION              between two readings of a catalog (24h)
  --osb-api-request-timeout DURATION             for one request to a broker (60s)
  --operation-polling-maximum-backoff-duration DURATION
                                                 longest pause between two polls (60s)
  --retry-maximum-backoff-duration DURATION      longest pause between two attempts (5m)
  --reconciliation-retry-duration DURATION       when to give up, deletions excepted (168h)
  --resync-interval DURATION                     between two looks at what does not change (5m)
  --broker-address HOST:PORT=HOST:PORT           where a broker's address really is; may be repeated
  -v, --log-level LEVEL                          ${LOG_LEVELS.join(', ')} (info)
`;

/**
 * The settings of the command line, or `help`.
 * @throws UsageError with one sentence that says what to change.
 */
export function parseSettings(args: readonly string[]): Settings | 'help' {
  const values = parseFlags(args, OPTIONS);
  if (values.help) return 'help';
  const { admission } = values;
  if (admission !== 'webhook' && admission !== 'apiserver' && admission !== 'none') {
    throw new UsageError(`--admission must be webhook, apiserver or none, not "${admission}"`);
  }
  return {
    kubeconfig: values.kubeconfig,
    admission,
    leaderElection: values['leader-elect'] ? { namespace: values['leader-election-namespace'] } : undefined,
    clusterIdConfigMap: {
      namespace: values['cluster-id-configmap-namespace'],
      name: values['cluster-id-configmap-name'],
    },
    listen: hostAndPort('--listen', values.listen, 0),
    concurrentSyncs: count('--concurrent-syncs', values['concurrent-syncs']),
    brokerRelistIntervalMs: duration('--broker-relist-interval', values['broker-relist-interval']),
    osbApiRequestTimeoutMs: duration('--osb-api-request-timeout', values['osb-api-request-timeout']),
    pollMaximumMs: duration(
      '--operation-polling-maximum-backoff-duration',
      values['operation-polling-maximum-backoff-duration'],
    ),
    retryMaximumMs: duration('--retry-maximum-backoff-duration', values['retry-maximum-backoff-duration']),
    retryDurationMs: duration('--reconciliation-retry-duration', values['reconciliation-retry-duration']),
    resyncIntervalMs: duration('--resync-interval', values['resync-interval']),
    brokerAddresses: Object.fromEntries(values['broker-address'].map(brokerAddress)),
    logLevel: logLevel('--log-level', values['log-level']),
    identity: `${hostname()}-${process.pid}`,
  };
}

function duration(flag: string, text: string): number {
  const milliseconds = parseGoDuration(text);
  if (milliseconds === undefined || milliseconds <= 0) {
    throw new UsageError(`${flag} must be a duration above zero such as 90s, 5m or 24h, not "${text}"`);
  }
  return milliseconds;
}

function count(flag: string, text: string): number {
  if (!/^[1-9]\d{0,3}$/.test(text)) throw new UsageError(`${flag} must be a number from 1 to 9999, not "${text}"`);
  return Number(text);
}

function brokerAddress(text: string): [string, { host: string; port: number }] {
  const [from = '', to, ...more] = text.split('=');
  if (to === undefined || more.length > 0) {
    throw new UsageError(
      `--broker-address must be HOST:PORT=HOST:PORT, such as broker.svc:443=127.0.0.1:9443, not "${text}"`,
    );
  }
  const address = hostAndPort('--broker-address', to, 1);
  if (hostAndPort('--broker-address', from, 1).host === '' || address.host === '') {
    throw new UsageError(`--broker-address must name two hosts, not "${text}"`);
  }
  return [from, address];
}
