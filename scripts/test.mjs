// npm test: unit, integration and end-to-end tests, then the search for leaked secrets.
// npm test -- LEG [jest's arguments]: one of them, or one of those that take longer or want more of the machine:
// cluster (a real kube-apiserver), charts (helm), image (the container image), node (pods on a real kubelet).
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { binOf } from './bootstrap/bin.mjs';
import { bootstrap, main, nodeFlags } from './bootstrap/bootstrap.mjs';
import { runInForeground } from './bootstrap/child.mjs';
import { root } from './bootstrap/paths.mjs';

/**
 * @typedef {{ name: string, workers: number, secretSearch?: boolean, within?: string }} Suite
 *   `secretSearch`: the search for leaked secrets follows also when it is run alone. `within`: the program that runs it.
 */

/**
 * In this order: what is fast and precise fails first. Integration tests wait for servers as long as they compute, so two
 * processors do the work of three. End-to-end suites share one stack and count what is on it, so they take turns.
 * @type {Suite[]}
 */
const SUITES = [
  { name: 'unit', workers: 2 },
  { name: 'integration', workers: 3 },
  { name: 'e2e', workers: 1 },
];
/**
 * Run by name only.
 * @type {Suite[]}
 */
const LONGER_SUITES = [
  { name: 'cluster', workers: 1, secretSearch: true },
  { name: 'charts', workers: 1 },
  { name: 'image', workers: 1 },
  // On a machine of its own within this one.
  { name: 'node', workers: 1, within: 'test/support/node/enter.ts' },
];

/** The tests start our programs some two hundred times; compiling their sources takes twice as long as all else then. */
const compiled = process.env['NODE_COMPILE_CACHE'] ?? join(root, 'node_modules', '.cache', 'compiled');

/**
 * @typedef {{ name: string, passed: number, failed: number, skipped: number, seconds: number, notRun?: string[] }} Leg
 *   `notRun` has the names of what could not run here, which say why.
 */

await main(async () => {
  const [only, ...jestArguments] = process.argv.slice(2).filter((argument) => argument !== '--');
  const all = [...SUITES, ...LONGER_SUITES];
  const suites = only === undefined ? SUITES : all.filter((suite) => suite.name === only);
  if (suites.length === 0) throw new Error(`"${only}" is none of ${all.map((suite) => suite.name).join(', ')}.`);
  const node = await bootstrap();
  const folder = mkdtempSync(join(tmpdir(), 'service-catalog-evidence-'));
  /** @type {Leg[]} */
  const legs = [];
  for (const suite of suites) legs.push(await runSuite(node, suite, jestArguments, folder));
  if (only === undefined || suites.some((suite) => suite.secretSearch)) legs.push(await searchSecrets(node, folder));
  return report(legs, folder);
});

/**
 * @param {string} node
 * @param {Suite} suite
 * @param {readonly string[]} jestArguments
 * @param {string} folder
 * @returns {Promise<Leg>}
 */
async function runSuite(node, { name, workers, within }, jestArguments, folder) {
  const started = Date.now();
  const resultFile = join(folder, `${name}.result.json`);
  const jest = ['--experimental-vm-modules', binOf('jest'), '--selectProjects', name, `--maxWorkers=${workers}`];
  const command = [...nodeFlags, ...jest, '--json', `--outputFile=${resultFile}`, ...jestArguments];
  const code = await runInForeground(
    node,
    within === undefined ? command : [...nodeFlags, join(root, within), '--', node, ...command],
    { cwd: root, env: { ...process.env, NODE_COMPILE_CACHE: compiled, SC_TEST_EVIDENCE: folder } },
  );
  return { name, seconds: (Date.now() - started) / 1000, ...countTests(resultFile, code) };
}

/**
 * @param {string} resultFile
 * @param {number} code
 */
function countTests(resultFile, code) {
  /** @type {any} */
  let result;
  try {
    result = JSON.parse(readFileSync(resultFile, 'utf8'));
  } catch {
    // Jest did not get as far as its results: its set-up failed, or it was ended.
    return { passed: 0, failed: 1, skipped: 0 };
  }
  const failed = (result.numFailedTests ?? 0) + (result.numRuntimeErrorTestSuites ?? 0);
  return {
    passed: result.numPassedTests ?? 0,
    // A suite may fail without a failed test: a teardown, a coverage rule, no test at all.
    failed: code !== 0 && failed === 0 ? 1 : failed,
    skipped: (result.numPendingTests ?? 0) + (result.numTodoTests ?? 0),
    notRun: namesOfSkipped(result),
  };
}

/**
 * Jest shows skipped tests as a number only. A group that was skipped as a whole counts once, by its own name.
 * @param {any} result
 */
function namesOfSkipped(result) {
  const names = (result.testResults ?? []).flatMap((/** @type {any} */ file) =>
    file.assertionResults
      .filter((/** @type {any} */ test) => test.status === 'pending' || test.status === 'todo')
      .map(
        (/** @type {any} */ test) =>
          [...test.ancestorTitles, test.title].find((title) => title.startsWith('NOT RUN')) ?? test.fullName,
      ),
  );
  return [...new Set(names)];
}

/** @param {string} node @param {string} folder @returns {Promise<Leg>} */
async function searchSecrets(node, folder) {
  const started = Date.now();
  const code = await runInForeground(node, [...nodeFlags, join(root, 'scripts', 'search-secrets.ts'), folder]);
  const failed = code === 0 ? 0 : 1;
  return { name: 'secrets', passed: 1 - failed, failed, skipped: 0, seconds: (Date.now() - started) / 1000 };
}

/** @param {readonly Leg[]} legs @param {string} folder */
function report(legs, folder) {
  console.log('');
  for (const leg of legs) {
    for (const name of leg.notRun ?? []) console.log(name.startsWith('NOT RUN') ? name : `NOT RUN: ${name}`);
    const skipped = leg.skipped > 0 ? `, ${leg.skipped} NOT RUN` : '';
    console.log(
      `${leg.name.padEnd(12)} ${leg.seconds.toFixed(1).padStart(6)} s  ${leg.passed} passed, ${leg.failed} failed${skipped}`,
    );
  }
  const passed = legs.reduce((sum, leg) => sum + leg.passed, 0);
  const failed = legs.reduce((sum, leg) => sum + leg.failed, 0);
  if (failed === 0) rmSync(folder, { recursive: true, force: true });
  else console.log(`Logs and objects of this run are kept in ${folder}; it holds passwords of the run's databases.`);
  console.log(`${passed} passed, ${failed} failed`);
  return failed === 0 ? 0 : 1;
}
