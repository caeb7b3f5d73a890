import { statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { ConnectionSource } from '../lib/kube/connection.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** Where the kubeconfig comes from, with a remark for `--verbose` when nobody named it. */
export interface KubeconfigChoice {
  readonly source: ConnectionSource;
  readonly remark?: string;
}

/**
 * `--kubeconfig`, else KUBECONFIG, else the one `npm start` left in `.local` of this folder or one above (or in
 * SERVICE_CATALOG_HOME), else what kubectl uses.
 */
export function chooseKubeconfig(
  options: { readonly kubeconfig?: string; readonly context?: string },
  environment: Environment,
  folder: string,
): KubeconfigChoice {
  const context = options.context === undefined ? {} : { context: options.context };
  if (options.kubeconfig !== undefined) return { source: { ...context, kubeconfig: options.kubeconfig } };
  const listed = environment['KUBECONFIG'];
  if (listed === undefined || listed === '') {
    const local = findLocalKubeconfig(environment['SERVICE_CATALOG_HOME'], folder);
    if (local !== undefined) {
      return { source: { ...context, kubeconfig: local }, remark: `using the local stack's kubeconfig ${local}` };
    }
  }
  return { source: { ...context, environment } };
}

function findLocalKubeconfig(home: string | undefined, folder: string): string | undefined {
  if (home !== undefined && home !== '') return ownFile(join(home, 'kubeconfig'));
  for (let at = folder; ; at = dirname(at)) {
    const found = ownFile(join(at, '.local', 'kubeconfig'));
    if (found !== undefined) return found;
    if (dirname(at) === at) return undefined;
  }
}

/**
 * The path, when it is a file only its user could have written. A kubeconfig can name a program to run, so that one
 * found by chance in a folder of somebody else must not be used.
 */
function ownFile(path: string): string | undefined {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (!stat?.isFile()) return undefined;
  const own = process.getuid === undefined || (stat.uid === process.getuid() && (stat.mode & 0o022) === 0);
  return own ? path : undefined;
}
