/**
 * Brings what charts repeat in line with where it comes from:
 *
 *   charts/service-catalog/files/crds    copies of crds/
 *   Chart.yaml version, appVersion       the version in package.json
 *   values.schema.json descriptions      the comments of values.yaml
 *   README.md, the table of values       values.yaml and its comments
 *
 *   npm run generate:charts               writes
 *   npm run generate:charts -- --check    writes nothing; exits 1 when something would be written
 */
import { readFile, readdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { format, resolveConfig } from 'prettier';
import { describeSchema } from './charts/describe-schema.ts';
import type { ValuesSchema } from './charts/describe-schema.ts';
import { readValues } from './charts/read-values.ts';
import { valuesTable } from './charts/values-table.ts';

const root = path.join(import.meta.dirname, '..');
export const CHARTS = ['service-catalog', 'database-broker'] as const;

const START = '<!-- values: npm run generate:charts -->';
const END = '<!-- end of values -->';

/** Every file that follows from others, by its path in the repository, as it should be. */
export async function generate(): Promise<Map<string, string>> {
  const files = new Map<string, string>();
  for (const file of (await readdir(path.join(root, 'crds'))).filter((name) => name.endsWith('.yaml'))) {
    files.set(`charts/service-catalog/files/crds/${file}`, await read(`crds/${file}`));
  }
  const { version } = JSON.parse(await read('package.json')) as { version: string };
  for (const chart of CHARTS) {
    const folder = `charts/${chart}`;
    const values = readValues(await read(`${folder}/values.yaml`));
    const schema = JSON.parse(await read(`${folder}/values.schema.json`)) as ValuesSchema;
    const described = JSON.stringify(describeSchema(schema, values));
    files.set(`${folder}/values.schema.json`, await formatted(described, `${folder}/values.schema.json`));
    const definition = await read(`${folder}/Chart.yaml`);
    files.set(`${folder}/Chart.yaml`, definition.replaceAll(/^(version|appVersion): .*$/gm, `$1: ${version}`));
    const readme = await read(`${folder}/README.md`);
    const [before, rest] = readme.split(START);
    const after = rest?.split(END)[1];
    if (before === undefined || after === undefined) throw new Error(`${folder}/README.md: no place for the values`);
    const text = `${before}${START}\n\n${valuesTable(values)}\n\n${END}${after}`;
    files.set(`${folder}/README.md`, await formatted(text, `${folder}/README.md`));
  }
  return files;
}

const read = (file: string): Promise<string> => readFile(path.join(root, file), 'utf8');

async function formatted(text: string, file: string): Promise<string> {
  const filepath = path.join(root, file);
  return format(text, { ...(await resolveConfig(filepath)), filepath });
}

if (import.meta.main) {
  const check = process.argv.includes('--check');
  for (const [file, text] of await generate()) {
    if ((await read(file).catch(() => '')) === text) continue;
    if (check) {
      console.error(`${file} does not follow from its sources; run npm run generate:charts and commit it`);
      process.exitCode = 1;
    } else {
      await writeFile(path.join(root, file), text);
      console.log(file);
    }
  }
}
