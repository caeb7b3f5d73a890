#!/usr/bin/env node
// One command for every program of this package; it is the entry point of the image.
import { readFileSync } from 'node:fs';
import { launch } from './launch.js';
import { endOnSignalsAsFirstProcess } from './first-process.js';

/** @type {Readonly<Record<string, { module: string, does: string }>>} */
const PROGRAMS = {
  broker: { module: 'broker/main', does: 'the Open Service Broker for PostgreSQL and MySQL' },
  controller: { module: 'catalog-controller/main', does: 'the controllers of the Service Catalog' },
  webhook: { module: 'catalog-controller/webhook/main', does: 'its admission webhook' },
  apiserver: { module: 'catalog-apiserver/main', does: 'a Kubernetes API of its own, for where there is no cluster' },
  svcat: { module: 'cli/main', does: 'the command line: get, describe, doctor, exec, connect' },
};

const USAGE = `Usage: service-catalog PROGRAM [flags]    in a checkout: node bin/service-catalog.js PROGRAM [flags]

${Object.entries(PROGRAMS)
  .map(([name, { does }]) => `  ${name.padEnd(12)}${does}`)
  .join('\n')}

  --help      this text; after a program's name, the flags of that program
  --version   the version of this package
`;

endOnSignalsAsFirstProcess();
const [name = ''] = process.argv.splice(2, 1);
const program = Object.hasOwn(PROGRAMS, name) ? PROGRAMS[name] : undefined;

if (program) {
  await launch(`service-catalog ${name}`, program.module);
} else if (name === '--help' || name === '-h' || name === 'help') {
  process.stdout.write(USAGE);
} else if (name === '--version') {
  process.stdout.write(`${version()}\n`);
} else if (name === '') {
  process.stderr.write(USAGE);
  process.exitCode = 2;
} else {
  process.stderr.write(
    `service-catalog: there is no program "${name}"; it must be one of ${Object.keys(PROGRAMS).join(', ')}\n`,
  );
  process.exitCode = 2;
}

function version() {
  return JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')).version;
}
