import { oneLine } from '../output/table.ts';
import type { Finding } from './facts.ts';

const STATE_WIDTH = 'problem'.length;
const STEP_WIDTH = 'instance'.length;

/** The diagnosis as text, with a last line that sums it up. */
export function report(subject: string, findings: readonly Finding[]): string {
  const lines = findings.flatMap(({ step, state, text, advice }) => {
    const line = `${state.padEnd(STATE_WIDTH)}  ${step.padEnd(STEP_WIDTH)}  ${oneLine(text)}`;
    return advice === undefined ? [line] : [line, `${' '.repeat(STATE_WIDTH + STEP_WIDTH + 4)}-> ${oneLine(advice)}`];
  });
  return `${lines.join('\n')}\n\n${summary(subject, findings)}\n`;
}

export function hasProblem(findings: readonly Finding[]): boolean {
  return findings.some(({ state }) => state === 'problem');
}

function summary(subject: string, findings: readonly Finding[]): string {
  const problems = findings.filter(({ state }) => state === 'problem').length;
  if (problems > 0) {
    return `${subject}: ${problems} ${problems === 1 ? 'problem' : 'problems'}; begin with the first, others may follow from it.`;
  }
  if (findings.some(({ state }) => state === 'waiting')) return `${subject}: nothing is wrong, it is not finished yet.`;
  return `${subject}: everything is well.`;
}
