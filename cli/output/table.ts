/** Rows under headers, columns as wide as their widest cell. Cells are one line each. */
export function table(headers: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [headers, ...rows.map((row) => row.map(oneLine))];
  const widths = headers.map((_, column) => Math.max(...lines.map((line) => width(line[column] ?? ''))));
  return lines
    .map((line) =>
      line
        .map((cell, column) => cell + ' '.repeat((widths[column] ?? 0) - width(cell)))
        .join('   ')
        .trimEnd(),
    )
    .join('\n');
}

/** Text of strangers (a broker's description, a value of a database) without line breaks and control characters. */
export function oneLine(text: string): string {
  return text
    .replace(/\s+/g, ' ')
    .replace(/\p{Cc}/gu, '\u{fffd}')
    .trim();
}

/** Characters, not UTF-16 units. */
function width(text: string): number {
  return Array.from(text).length;
}
