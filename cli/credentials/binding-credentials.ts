import { SECRETS } from '../../lib/kube/core-resources.ts';
import { controllerOf } from '../../lib/kube/objects.ts';
import { findCondition } from '../../lib/catalog/conditions.ts';
import { decodeSecretData } from '../../lib/catalog/credentials.ts';
import { isAltered } from '../../lib/catalog/secret-checksum.ts';
import type { ServiceBinding } from '../../lib/catalog/types.generated.ts';
import { UsageError } from '../../lib/runtime/errors.ts';
import { requireBinding } from '../lookup.ts';
import type { Session } from '../session.ts';
import { secretNameOf } from '../view/kind-view.ts';

/** What a binding's Secret holds, as text, by key. Never to be printed or put on a command line. */
export type BindingCredentials = ReadonlyMap<string, string>;

/**
 * The credentials of a binding. Throws UsageError that says why there are none: no such binding, not ready yet, or a
 * Secret of that name that is somebody else's. Credentials that were changed by hand are handed out with a warning.
 */
export async function readCredentials(
  { kube, namespace, terminal }: Session,
  name: string,
): Promise<BindingCredentials> {
  const binding = await requireBinding(kube, namespace, name);
  const secretName = secretNameOf(binding);
  const secret = await kube.get(SECRETS, { namespace, name: secretName });
  if (secret === undefined) throw new UsageError(notReady(binding, `its Secret "${secretName}" does not exist`));
  // Whoever can make a Secret of that name first could otherwise choose where programs connect to.
  if (controllerOf(secret)?.uid !== binding.metadata.uid) {
    throw new UsageError(notReady(binding, `the Secret "${secretName}" does not belong to it`));
  }
  if (isAltered(secret)) {
    terminal.note(
      `svcat: warning: the Secret "${secretName}" was changed by hand, so these may not be the credentials the broker gave; ` +
        `"svcat doctor binding/${binding.metadata.name ?? ''}" says how to get those back`,
    );
  }
  const data = decodeSecretData(secret.data);
  return new Map(Array.from(data, ([key, bytes]) => [key, Buffer.from(bytes).toString('utf8')]));
}

function notReady(binding: ServiceBinding, problem: string): string {
  const name = binding.metadata.name ?? '';
  const ready = findCondition(binding.status, 'Ready');
  const why = ready === undefined || ready.status === 'True' ? '' : ` (${ready.reason}: ${ready.message})`;
  return `the binding "${name}" has no credentials to hand out: ${problem}${why}; "svcat doctor binding/${name}" says what to do`;
}
