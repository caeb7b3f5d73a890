import { findCondition } from '../../lib/catalog/conditions.ts';
import type { Condition, Retry } from '../../lib/catalog/types.generated.ts';
import type { ObjectMeta } from '../../lib/kube/objects.ts';
import { age, duration } from '../output/age.ts';
import { adviceFor, isInProgress } from './advice.ts';
import type { Finding } from './facts.ts';

/** After this without a word from a controller there probably is none. */
const SILENCE_MS = 60_000;
/** Work that goes on for longer than this deserves somebody's attention. */
const LONG_MS = 10 * 60_000;

/** As much of brokers, instances and bindings as their state is in. */
export interface Reconciled {
  readonly metadata: ObjectMeta;
  readonly status?: {
    readonly conditions?: Condition[];
    readonly observedGeneration?: number;
    readonly operationStartTime?: string;
    readonly retry?: Retry;
  };
}

/** What the conditions of an object say, as a finding without its step. `subject` begins the sentence. */
export function diagnoseState(subject: string, object: Reconciled, now: number): Omit<Finding, 'step'> {
  const { metadata, status } = object;
  const ready = findCondition(status, 'Ready');
  const failed = findCondition(status, 'Failed');
  if (metadata.deletionTimestamp !== undefined) return diagnoseDeletion(subject, object, ready, now);
  const unseen = diagnoseUnseen(subject, object, ready, now);
  if (unseen !== undefined) return unseen;
  if (failed?.status === 'True') {
    return {
      state: 'problem',
      text: `${subject} has failed: ${conditionText(failed)}`,
      advice: adviceFor(failed.reason === ready?.reason ? failed.reason : (ready?.reason ?? failed.reason)),
    };
  }
  if (ready?.status === 'True') {
    return {
      state: 'ok',
      text: `${subject} has been ready for ${age(ready.lastTransitionTime, now)} (${ready.reason})`,
    };
  }
  if (ready === undefined) return { state: 'waiting', text: `${subject} has not been judged yet` };
  return diagnoseNotReady(subject, object, ready, now);
}

/** Nobody has looked at the object, or at its last change. */
function diagnoseUnseen(
  subject: string,
  { metadata, status }: Reconciled,
  ready: Condition | undefined,
  now: number,
): Omit<Finding, 'step'> | undefined {
  const changed = (metadata.generation ?? 0) > (status?.observedGeneration ?? 0);
  if (ready !== undefined && !(changed && status?.observedGeneration !== undefined)) return undefined;
  const what = ready === undefined ? 'was not looked at yet' : 'has a change that was not looked at yet';
  const silent = ready === undefined && now - Date.parse(metadata.creationTimestamp ?? '') > SILENCE_MS;
  if (!silent) return { state: 'waiting', text: `${subject} ${what}` };
  return {
    state: 'problem',
    text: `${subject} ${what}, ${age(metadata.creationTimestamp, now)} after it was made`,
    advice: 'start the catalog-controller, or look into its log',
  };
}

function diagnoseNotReady(
  subject: string,
  { status }: Reconciled,
  ready: Condition,
  now: number,
): Omit<Finding, 'step'> {
  const began = Date.parse(status?.operationStartTime ?? ready.lastTransitionTime);
  const text = `${subject} is not ready: ${conditionText(ready)}${retryText(status?.retry, now)}`;
  if (!isInProgress(ready.reason)) return { state: 'problem', text, advice: adviceFor(ready.reason) };
  if (now - began < LONG_MS) return { state: 'waiting', text };
  return {
    state: 'problem',
    text: `${text}; this has been going on for ${duration(now - began)}`,
    advice: "look at the broker's log for what takes it so long",
  };
}

function diagnoseDeletion(
  subject: string,
  { metadata, status }: Reconciled,
  ready: Condition | undefined,
  now: number,
): Omit<Finding, 'step'> {
  const since = age(metadata.deletionTimestamp, now);
  const waits = ready === undefined ? '' : `: ${conditionText(ready)}`;
  const text = `${subject} is being deleted, asked for ${since} ago${waits}${retryText(status?.retry, now)}`;
  const recent = now - Date.parse(metadata.deletionTimestamp ?? '') < SILENCE_MS;
  if (recent || (ready !== undefined && isInProgress(ready.reason))) return { state: 'waiting', text };
  return { state: 'problem', text, advice: adviceFor(ready?.reason ?? '') };
}

function conditionText({ reason, message }: Condition): string {
  return message === '' ? reason : `${reason}: ${message}`;
}

function retryText(retry: Retry | undefined, now: number): string {
  if (!retry?.attempts) return '';
  const next = Date.parse(retry.nextAttemptTime ?? '');
  const when = Number.isNaN(next) ? '' : next <= now ? ', the next is due' : `, the next in ${duration(next - now)}`;
  return ` (${retry.attempts} ${retry.attempts === 1 ? 'attempt' : 'attempts'} so far${when})`;
}
