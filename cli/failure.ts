import { KubeApiError, KubeConnectionError } from '../lib/kube/client.ts';
import { toError, UsageError } from '../lib/runtime/errors.ts';

/** How a command that could not be carried out ends: one sentence, and an exit code. */
export interface Failure {
  readonly message: string;
  /** 2 for a mistake of the caller, 1 for everything else. */
  readonly exitCode: 1 | 2;
}

/** What to show for an error. A stack is shown only for a fault of svcat itself, and only when `verbose`. */
export function failureOf(thrown: unknown, verbose: boolean): Failure {
  const error = toError(thrown);
  if (error instanceof UsageError) return { message: error.message, exitCode: 2 };
  if (error instanceof KubeApiError) return { message: apiMessage(error), exitCode: 1 };
  if (error instanceof KubeConnectionError) {
    return {
      message: `${error.message}; check that the API server runs (npm start) and that --kubeconfig is the right one`,
      exitCode: 1,
    };
  }
  return { message: verbose ? (error.stack ?? error.message) : error.message, exitCode: 1 };
}

function apiMessage(error: KubeApiError): string {
  if (error.status === 401) {
    return 'the API server does not know who you are; check the user in your kubeconfig';
  }
  if (error.status === 403) return `you are not allowed to do that: ${error.message}`;
  if (error.status === 404) {
    return `the API server does not serve that: ${error.message}; are the Service Catalog's CRDs installed?`;
  }
  return `the API server answered ${error.status} ${error.reason}: ${error.message}`;
}
