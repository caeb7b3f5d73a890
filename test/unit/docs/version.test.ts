import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { ROOT } from './markdown.ts';

const { version } = JSON.parse(read('package.json')) as { version: string };

/** Where people read or copy the name of the image. The charts' version is generated: npm run generate:charts. */
const FILES = [
  ...['Dockerfile', 'docker-compose.yml', 'README.md', 'README.ko.md', 'CONTRIBUTING.md'],
  ...filesIn('docs', '.md'),
  ...filesIn('examples', '.yaml'),
];

function filesIn(folder: string, extension: string): string[] {
  return readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith(extension))
    .map((name) => `${folder}/${name}`);
}

function read(file: string): string {
  return readFileSync(join(ROOT, file), 'utf8');
}

describe('the version in package.json', () => {
  test('is the one of the image wherever it is written by hand', () => {
    const written = FILES.flatMap((file) =>
      [...read(file).matchAll(/service-catalog:(?<tag>\d[\w.-]*)/g)].map(({ groups }) => ({
        file,
        version: groups?.['tag'],
      })),
    );
    const found = new Set(written.map(({ file }) => file));
    for (const file of ['Dockerfile', 'docker-compose.yml', 'docs/install.md', 'examples/app-deployment.yaml']) {
      expect(found).toContain(file);
    }
    expect(written.filter((place) => place.version !== version)).toEqual([]);
  });

  test('is what the image is labelled with when nobody says another', () => {
    expect(/^ARG VERSION=(?<version>.*)$/m.exec(read('Dockerfile'))?.groups?.['version']).toBe(version);
  });
});
