/** Text of strangers, made fit for a message, a condition or a log line. */

const HTML = /^\s*(<!doctype html|<html)/i;
const HTML_UNSEEN = /<(script|style|head)\b[^>]*>[\s\S]*?<\/\1\s*>/gi;
const TAG = /<[^>]{0,1000}>/g;
// Line and paragraph separators and bidirectional overrides disguise text as well as control characters do.
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029]+/gu;

/** `text` on one line without control characters, at most `max` characters; a page of HTML is reduced to its words. */
export function quotable(text: string, max: number): string {
  // Far more than is shown, so that markup can go first, and far less than a hostile body has.
  const start = text.slice(0, max * 20);
  const words = HTML.test(start) ? start.replace(HTML_UNSEEN, ' ').replace(TAG, ' ') : start;
  const line = words.replace(UNPRINTABLE, ' ').replace(/\s+/g, ' ').trim();
  return line.length > max ? `${line.slice(0, max).toWellFormed()}…` : line;
}

/** A function that takes these secrets out of a text. A broker may send back what it was sent. */
export function redactor(secrets: readonly string[]): (text: string) => string {
  // Shorter ones would take words out of the message and protect nothing.
  const long = secrets.filter((secret) => secret.length >= 4).sort((left, right) => right.length - left.length);
  return (text) => long.reduce((result, secret) => result.replaceAll(secret, '<redacted>'), text);
}
