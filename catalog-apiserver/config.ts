import { parseArgs } from 'node:util';
import { toError, UsageError } from '../lib/runtime/errors.ts';

/** The settings of this program. Names of the flags are those of kube-apiserver where it has them. */
export interface Config {
  /** The folder of the database; made when absent. */
  readonly dataDir: string;
  readonly host: string;
  /** 0 takes a free port. */
  readonly port: number;
  readonly tlsCertFile: string;
  readonly tlsPrivateKeyFile: string;
  /** The authority that signs the certificates of clients. */
  readonly clientCaFile: string;
  readonly crdsDir: string;
  /** How the garbage collector and the namespace finalizer reach this server; without it they do not run. */
  readonly clientKubeconfig: string | undefined;
  readonly logLevel: string;
}

export const USAGE = `Usage: service-catalog apiserver --data-dir DIR --tls-cert-file FILE --tls-private-key-file FILE --client-ca-file FILE

  --data-dir DIR               where the database is; made when absent
  --listen HOST:PORT           where to listen (127.0.0.1:6443); port 0 takes a free one
  --tls-cert-file FILE         certificate of the server, PEM
  --tls-private-key-file FILE  its private key, PEM
  --client-ca-file FILE        authority of the clients' certificates, PEM: CN is the user, O its groups
  --crds-dir DIR               CustomResourceDefinitions to serve (./crds)
  --client-kubeconfig FILE     how this server's own controllers reach it; without it nothing is garbage collected
                               and namespaces that are deleted stay
  --log-level LEVEL            fatal, error, warn, info, debug or trace (info)
  --help                       this text
`;

const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace'];

const OPTIONS = {
  'data-dir': { type: 'string' },
  listen: { type: 'string', default: '127.0.0.1:6443' },
  'tls-cert-file': { type: 'string' },
  'tls-private-key-file': { type: 'string' },
  'client-ca-file': { type: 'string' },
  'crds-dir': { type: 'string', default: './crds' },
  'client-kubeconfig': { type: 'string' },
  'log-level': { type: 'string', default: 'info' },
  help: { type: 'boolean', default: false },
} as const;

/** Reads the command line; `help` when it asks for the text. Throws {@link UsageError} that names every mistake. */
export function readConfig(args: readonly string[]): Config | 'help' {
  const values = parse(args);
  if (values.help) return 'help';
  const faults: string[] = [];
  const required = (name: 'data-dir' | 'tls-cert-file' | 'tls-private-key-file' | 'client-ca-file'): string => {
    const value = values[name] ?? '';
    if (value === '') faults.push(`--${name} is required`);
    return value;
  };
  const address = /^(?<host>.+):(?<port>\d{1,5})$/u.exec(values.listen)?.groups;
  if (address === undefined || Number(address['port']) > 65_535)
    faults.push(`--listen ${values.listen}: must be HOST:PORT, such as 127.0.0.1:6443`);
  if (!LOG_LEVELS.includes(values['log-level']))
    faults.push(`--log-level ${values['log-level']}: must be one of ${LOG_LEVELS.join(', ')}`);
  const config: Config = {
    dataDir: required('data-dir'),
    // An IPv6 address stands in brackets.
    host: (address?.['host'] ?? '').replace(/^\[(.*)\]$/u, '$1'),
    port: Number(address?.['port'] ?? 0),
    tlsCertFile: required('tls-cert-file'),
    tlsPrivateKeyFile: required('tls-private-key-file'),
    clientCaFile: required('client-ca-file'),
    crdsDir: values['crds-dir'],
    clientKubeconfig: values['client-kubeconfig'],
    logLevel: values['log-level'],
  };
  if (faults.length > 0) throw new UsageError(faults.join('; '));
  return config;
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: OPTIONS, strict: true }).values;
  } catch (thrown) {
    throw new UsageError(toError(thrown).message);
  }
}
