import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { isRecentEnough } from '../../../scripts/bootstrap/find-node.mjs';
import { isInstalled, writeStamp } from '../../../scripts/bootstrap/installed.mjs';

describe('a Node is recent enough', () => {
  test.each([
    ['v18.20.0', false],
    ['v20.20.2', false],
    ['v22.18.0', false],
    ['v22.19.0', true],
    ['v23.5.0', false],
    ['v23.6.0', true],
    ['v24.0.0', true],
    ['v100.0.0', true],
  ])('%s: %s', (version, expected) => {
    expect(isRecentEnough(version)).toBe(expected);
  });
});

describe('the dependencies are installed', () => {
  let root: string;
  const lock = {
    packages: {
      '': { version: '1.0.0' },
      'node_modules/a': { version: '1.0.0' },
      'node_modules/elsewhere': { version: '1.0.0', optional: true, os: ['plan9'], cpu: [process.arch] },
      'node_modules/here': { version: '1.0.0', optional: true, os: [process.platform], cpu: [process.arch] },
    },
  };
  const complete = {
    packages: { 'node_modules/a': { version: '1.0.0' }, 'node_modules/here': { version: '1.0.0' } },
  };
  const write = (file: string, content: object): void => {
    writeFileSync(join(root, file), JSON.stringify(content));
  };

  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'bootstrap-'));
    mkdirSync(join(root, 'node_modules'));
    write('package-lock.json', lock);
  });
  afterEach(() => {
    rmSync(root, { recursive: true });
  });

  test('when our stamp is that of the lock file', () => {
    writeStamp(root);
    expect(isInstalled(root)).toBe(true);
  });

  test('not after the lock file has changed', () => {
    writeStamp(root);
    write('package-lock.json', { packages: { ...lock.packages, 'node_modules/b': { version: '2.0.0' } } });
    expect(isInstalled(root)).toBe(false);
  });

  test('when somebody ran npm themselves and it got to its end', () => {
    write('node_modules/.package-lock.json', complete);
    expect(isInstalled(root)).toBe(true);
  });

  test('not when an install was broken off, before npm wrote down what is there', () => {
    mkdirSync(join(root, 'node_modules', 'a'));
    expect(isInstalled(root)).toBe(false);
  });

  test('not when a package has another version', () => {
    write('node_modules/.package-lock.json', {
      packages: { ...complete.packages, 'node_modules/a': { version: '0.9.0' } },
    });
    expect(isInstalled(root)).toBe(false);
  });

  test('not when an optional package of this platform is missing', () => {
    write('node_modules/.package-lock.json', { packages: { 'node_modules/a': { version: '1.0.0' } } });
    expect(isInstalled(root)).toBe(false);
  });
});
