// npm run check: everything that can be said about the sources without running them. Fast, and needs no network.
import { availableParallelism } from 'node:os';
import { binOf } from './bootstrap/bin.mjs';
import { bootstrap, main, nodeFlags } from './bootstrap/bootstrap.mjs';
import { runQuietly } from './bootstrap/child.mjs';
import { root } from './bootstrap/paths.mjs';

/** Less than this means that the tool did not see the tree; the real number is far above. */
const FEWEST_MODULES = 50;

const SOURCES = [
  'lib',
  'broker',
  'catalog-controller',
  'catalog-apiserver',
  'cli',
  'compose',
  'local',
  'test',
  'bench',
  'scripts',
];

/**
 * @typedef {{ name: string, args: () => string[], judge?: (output: string) => string | undefined }} Check
 * `judge` returns what is wrong with the output of a tool that ended with 0.
 */

/** The slow ones first: two run at a time. @type {Check[]} */
const CHECKS = [
  { name: 'lint', args: () => [binOf('eslint'), '--max-warnings=0', '.'] },
  { name: 'types', args: () => [binOf('typescript', 'tsc'), '-p', '.'] },
  { name: 'format', args: () => [binOf('prettier'), '--check', '--log-level=warn', '.'] },
  {
    name: 'layers',
    args: () => [
      binOf('dependency-cruiser', 'depcruise'),
      ...['--config', '.dependency-cruiser.cjs', '--output-type', 'json'],
      ...SOURCES,
    ],
    judge: judgeLayers,
  },
  { name: 'unused', args: () => [binOf('knip'), '--no-progress'] },
  { name: 'generated', args: () => ['scripts/generate.ts', '--check'] },
  { name: 'charts', args: () => ['scripts/generate-charts.ts', '--check'] },
];

await main(async () => {
  const node = await bootstrap();
  const waiting = [...CHECKS];
  /** @type {string[]} */
  const failed = [];
  const work = async () => {
    for (let check = waiting.shift(); check; check = waiting.shift()) {
      if (!(await runCheck(node, check))) failed.push(check.name);
    }
  };
  await Promise.all(Array.from({ length: Math.min(2, availableParallelism()) }, work));
  if (failed.length > 0) console.log(`failed: ${failed.join(', ')}`);
  console.log(`${CHECKS.length - failed.length} passed, ${failed.length} failed`);
  return failed.length === 0 ? 0 : 1;
});

/** @param {string} node @param {Check} check */
async function runCheck(node, check) {
  const started = Date.now();
  const { code, output } = await runQuietly(node, [...nodeFlags, ...check.args()], { cwd: root });
  const fault = check.judge ? check.judge(output) : code === 0 ? undefined : output.trim() || `ended with ${code}`;
  const seconds = ((Date.now() - started) / 1000).toFixed(1).padStart(6);
  console.log(`${check.name.padEnd(12)} ${seconds} s  ${fault === undefined ? 'passed' : 'FAILED'}`);
  if (fault !== undefined) console.log(`${fault}\n`);
  return fault === undefined;
}

/** @param {string} output */
function judgeLayers(output) {
  const start = output.indexOf('{');
  let summary;
  try {
    ({ summary } = JSON.parse(output.slice(start)));
  } catch {
    return output.trim();
  }
  if (summary.totalCruised < FEWEST_MODULES) {
    return `only ${summary.totalCruised} modules were read: the tool does not see the sources`;
  }
  /** @type {{ rule: { name: string }, from: string, to: string }[]} */
  const violations = summary.violations;
  if (violations.length === 0) return undefined;
  return violations.map(({ rule, from, to }) => `${rule.name}: ${from} -> ${to}`).join('\n');
}
