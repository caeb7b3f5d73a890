import type { ChartValue } from './read-values.ts';

/** The values as a table of Markdown, one row for each that holds no others. */
export function valuesTable(values: readonly ChartValue[]): string {
  const rows = values.flatMap(rowsOf).map((cells) => `| ${cells.join(' | ')} |`);
  return ['| value | default | |', '| --- | --- | --- |', ...rows].join('\n');
}

function rowsOf(value: ChartValue): string[][] {
  const text = value.comment.replaceAll('|', '\\|').replaceAll('<', '&lt;');
  if (value.members === undefined) return [[`\`${value.path}\``, `\`${JSON.stringify(value.default)}\``, text]];
  const group = text === '' ? [] : [[`\`${value.path}\``, '', text]];
  return [...group, ...value.members.flatMap(rowsOf)];
}
