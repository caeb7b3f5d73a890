import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Whether node_modules is what the lock file says, found out without a network. Our stamp answers at once; without it
 * (somebody ran npm themselves) npm's own record of what it installed is compared with the lock.
 */

/** @param {string} root */
const stampFile = (root) => join(root, 'node_modules', '.service-catalog-stamp');

/** @param {string} root */
function expectedStamp(root) {
  const lock = readFileSync(join(root, 'package-lock.json'));
  return `${createHash('sha256').update(lock).digest('hex')} ${process.platform}-${process.arch}`;
}

/** @param {string} root */
export function isInstalled(root) {
  if (read(stampFile(root)) === expectedStamp(root)) return true;
  if (!matchesLock(root)) return false;
  writeStamp(root);
  return true;
}

/** Says that node_modules is complete. @param {string} root */
export function writeStamp(root) {
  try {
    writeFileSync(stampFile(root), expectedStamp(root));
  } catch {
    // Somebody else's folder, which we may only read: the longer way is gone next time too.
  }
}

/** npm writes its record when everything is in place, so an install that was broken off has none. @param {string} root */
function matchesLock(root) {
  const wanted = packages(join(root, 'package-lock.json'));
  const present = packages(join(root, 'node_modules', '.package-lock.json'));
  if (!wanted || !present) return false;
  return Object.entries(wanted).every(([path, entry]) => {
    if (path === '') return true;
    const installed = present[path];
    return installed ? installed.version === entry.version : !belongsHere(entry);
  });
}

/** Whether npm would install the package on this machine. @param {LockEntry} entry */
function belongsHere(entry) {
  if (!entry.optional) return true;
  if (entry.libc) return false;
  return allows(entry.os, process.platform) && allows(entry.cpu, process.arch);
}

/** @param {readonly string[] | undefined} list @param {string} value */
const allows = (list, value) => !list || list.includes(value) || list.some((item) => item.startsWith('!'));

/**
 * @typedef {{ version: string, optional?: boolean, os?: string[], cpu?: string[], libc?: string[] }} LockEntry
 * @param {string} file
 * @returns {Record<string, LockEntry> | undefined}
 */
function packages(file) {
  const text = read(file);
  return text === undefined ? undefined : JSON.parse(text).packages;
}

/** @param {string} file */
function read(file) {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}
