import { isMap, isScalar, parseDocument } from 'yaml';
import type { Pair, YAMLMap } from 'yaml';

/** One value of a chart, as values.yaml has it. */
export interface ChartValue {
  /** `controller.podDisruptionBudget.enabled` */
  readonly path: string;
  /** Its comment, on one line; empty when it has none. */
  readonly comment: string;
  readonly default: unknown;
  /** The values in it; absent where whoever installs puts in what they like. */
  readonly members?: readonly ChartValue[];
}

/** These are handed to Kubernetes as they are: what is in their default is an example, not a list of what may be there. */
const OPAQUE = new Set(['requests', 'limits', 'resources']);

/** The values and comments of a values.yaml. A comment is the lines right above its value. */
export function readValues(text: string): ChartValue[] {
  const document = parseDocument(text);
  if (document.errors.length > 0 || !isMap(document.contents)) throw new Error('values.yaml is not a YAML mapping');
  return readMembers(document.contents, '');
}

function readMembers(map: YAMLMap, above: string): ChartValue[] {
  return map.items.map((item, index) => readValue(item, index === 0 ? map.commentBefore : undefined, above));
}

function readValue({ key, value }: Pair, firstComment: string | null | undefined, above: string): ChartValue {
  if (!isScalar(key)) throw new Error(`${above}: a key that is no text`);
  const name = String(key.value);
  const path = above === '' ? name : `${above}.${name}`;
  const comment = lastParagraph(key.commentBefore ?? firstComment ?? '');
  const plain = isMap(value) ? (value.toJSON() as unknown) : (value as { toJSON(): unknown }).toJSON();
  const isGroup = isMap(value) && value.items.length > 0 && !OPAQUE.has(name);
  return { path, comment, default: plain, ...(isGroup ? { members: readMembers(value, path) } : {}) };
}

/** Comments further up, with an empty line between, are about something else. */
function lastParagraph(comment: string): string {
  const paragraph = comment.split(/\n\s*\n/).at(-1) ?? '';
  return paragraph
    .split('\n')
    .map((line) => line.trim())
    .join(' ')
    .trim();
}
