import { KubeApiError } from '../../lib/kube/client.ts';
import { toError } from '../../lib/runtime/errors.ts';

/** A look-up that gave no answer, so that nothing can be decided. The message is for the user who is refused. */
export class LookUpError extends Error {
  override readonly name = 'LookUpError';
  /** Trying again will not help before the installation is put right. */
  readonly permanent: boolean;

  constructor(message: string, permanent: boolean, cause: unknown) {
    super(message, { cause });
    this.permanent = permanent;
  }
}

/** What `thrown` means for whoever waits for the look-up `what`, such as `the ServiceInstance "db"`. */
export function lookUpError(what: string, thrown: unknown, signal: AbortSignal): LookUpError {
  const sentence = (why: string, remedy: string): string =>
    `the Service Catalog's admission cannot read ${what}: ${why}; ${remedy}`;
  if (thrown instanceof KubeApiError && [401, 403].includes(thrown.status)) {
    const remedy = "the webhook's service account needs the ClusterRole of the service-catalog chart";
    return new LookUpError(sentence(thrown.message, remedy), true, thrown);
  }
  if (thrown instanceof KubeApiError && thrown.status === 404) {
    const remedy = 'install the CustomResourceDefinitions of the service-catalog chart';
    return new LookUpError(sentence('the API server does not serve it', remedy), true, thrown);
  }
  const why = signal.aborted ? 'the API server did not answer in time' : toError(thrown).message;
  return new LookUpError(sentence(why, 'try again'), false, thrown);
}
