import { access, chmod, constants, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { errorCode, UsageError } from '../../lib/runtime/errors.ts';

/** Where everything of one local stack is. */
export interface Home {
  readonly root: string;
  readonly data: (name: string) => string;
  readonly log: (name: string) => string;
  readonly secret: (name: string) => string;
  readonly tls: (name: string) => string;
  /** Authorities that the controllers trust besides the system's. */
  readonly trustedAuthorities: string;
  /** What is written down of the running processes, for the next start. */
  readonly processes: string;
  readonly lock: string;
  readonly ports: string;
  readonly endpoints: string;
  readonly kubeconfig: string;
  readonly apiserverKubeconfig: string;
  readonly controllerKubeconfig: string;
  readonly brokerConfig: string;
  readonly quickstartDone: string;
}

/** The folder's layout; touches nothing. */
export function homeAt(root: string): Home {
  return {
    root,
    data: (name) => join(root, 'data', name),
    log: (name) => join(root, 'logs', `${name}.log`),
    secret: (name) => join(root, 'secrets', name),
    tls: (name) => join(root, 'tls', name),
    trustedAuthorities: join(root, 'tls', 'trusted.crt'),
    processes: join(root, 'processes'),
    lock: join(root, 'stack.lock'),
    ports: join(root, 'ports.json'),
    endpoints: join(root, 'endpoints.json'),
    kubeconfig: join(root, 'kubeconfig'),
    apiserverKubeconfig: join(root, 'apiserver.kubeconfig'),
    controllerKubeconfig: join(root, 'controller.kubeconfig'),
    brokerConfig: join(root, 'broker.yaml'),
    quickstartDone: join(root, 'quickstart.json'),
  };
}

/** Makes the folder, for its owner only. Throws {@link UsageError} when it cannot be used. */
export async function openHome(root: string): Promise<Home> {
  try {
    await mkdir(root, { recursive: true, mode: 0o700 });
    await chmod(root, 0o700);
    await access(root, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (thrown) {
    throw new UsageError(
      `The folder ${root} cannot be used (${errorCode(thrown) ?? 'unknown error'}): it may belong to another user. ` +
        'Start this as its owner, or set SERVICE_CATALOG_HOME to another folder.',
      { cause: thrown },
    );
  }
  return homeAt(root);
}
