const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const YEAR = 365 * DAY;

/** A span of `milliseconds` as kubectl shows ages: about three figures, `90s`, `4m10s`, `5h`, `2d3h`, `3y40d`. */
export function humanDuration(milliseconds: number): string {
  if (milliseconds <= -2 * SECOND) return '<invalid>';
  const span = Math.max(0, milliseconds);
  if (span < 2 * MINUTE) return whole(span, SECOND, 's');
  if (span < 10 * MINUTE) return two(span, MINUTE, 'm', SECOND, 's');
  if (span < 3 * HOUR) return whole(span, MINUTE, 'm');
  if (span < 8 * HOUR) return two(span, HOUR, 'h', MINUTE, 'm');
  if (span < 2 * DAY) return whole(span, HOUR, 'h');
  if (span < 8 * DAY) return two(span, DAY, 'd', HOUR, 'h');
  if (span < 2 * YEAR) return whole(span, DAY, 'd');
  if (span < 8 * YEAR) return two(span, YEAR, 'y', DAY, 'd');
  return whole(span, YEAR, 'y');
}

function whole(span: number, unit: number, name: string): string {
  return `${Math.floor(span / unit)}${name}`;
}

function two(span: number, unit: number, name: string, smaller: number, smallerName: string): string {
  const rest = Math.floor((span % unit) / smaller);
  return rest === 0 ? whole(span, unit, name) : `${whole(span, unit, name)}${rest}${smallerName}`;
}
