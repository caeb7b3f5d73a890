import { readFile } from 'node:fs/promises';
import { get as getPlain } from 'node:http';
import { get as getTls } from 'node:https';
import { toError } from '../lib/runtime/errors.ts';

/**
 * The health check of the programs: `healthy.js URL [CA-FILE]` ends with 0 when the URL answers 200. The image has no
 * curl.
 */
const [, , url = '', authorityFile] = process.argv;
const TIMEOUT_MS = 4_000;

async function status(): Promise<number> {
  const ca = authorityFile === undefined ? undefined : await readFile(authorityFile);
  const get = url.startsWith('https:') ? getTls : getPlain;
  return new Promise((resolve, reject) => {
    get(url, { ...(ca ? { ca } : {}), timeout: TIMEOUT_MS }, (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    })
      .on('timeout', function (this: { destroy(error: Error): void }) {
        this.destroy(new Error(`no answer within ${TIMEOUT_MS / 1000} s`));
      })
      .on('error', reject);
  });
}

try {
  const code = await status();
  process.exitCode = code === 200 ? 0 : 1;
  if (code !== 200) process.stderr.write(`${url} answered ${code}\n`);
} catch (thrown) {
  process.stderr.write(`${url}: ${toError(thrown).message}\n`);
  process.exitCode = 1;
}
