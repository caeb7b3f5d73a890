import { oneLine } from './table.ts';

/** A line `label: value`, a block of lines below its label, or a heading with nothing beside it. */
export type Field =
  | { readonly label: string; readonly value: string | undefined }
  /** Shown as it is, indented. */
  | { readonly label: string; readonly block: string };

/** Fields with their values in one column. A field without value is left out. */
export function description(fields: readonly Field[]): string {
  const shown = fields.filter((field) => ('block' in field ? field.block !== '' : (field.value ?? '') !== ''));
  const widest = Math.max(0, ...shown.map((field) => ('block' in field ? 0 : field.label.length)));
  return shown
    .map((field) =>
      'block' in field
        ? `\n${field.label}:\n${indent(field.block)}`
        : `${`${field.label}:`.padEnd(widest + 2)} ${oneLine(field.value ?? '')}`,
    )
    .join('\n');
}

function indent(block: string): string {
  return block
    .trimEnd()
    .split('\n')
    .map((line) => `  ${line}`.trimEnd())
    .join('\n');
}
