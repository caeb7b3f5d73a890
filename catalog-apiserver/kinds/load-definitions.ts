import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';
import { toError, UsageError } from '../../lib/runtime/errors.ts';
import { asDefinition } from './custom-kind.ts';
import type { CustomResourceDefinition } from './custom-kind.ts';

/** Reads every `*.yaml` of a folder, one definition a file. Throws {@link UsageError} that names the file. */
export async function loadDefinitions(folder: string): Promise<CustomResourceDefinition[]> {
  let names: string[];
  try {
    names = await readdir(folder);
  } catch (thrown) {
    throw new UsageError(`--crds-dir ${folder}: ${toError(thrown).message}`);
  }
  const files = names.filter((name) => name.endsWith('.yaml')).sort();
  if (files.length === 0) throw new UsageError(`--crds-dir ${folder}: there is no .yaml file in it`);
  return Promise.all(
    files.map(async (name) => {
      const file = join(folder, name);
      const text = await readFile(file, 'utf8');
      try {
        return asDefinition(parse(text), file);
      } catch (thrown) {
        throw thrown instanceof UsageError ? thrown : new UsageError(`${file}: ${toError(thrown).message}`);
      }
    }),
  );
}
