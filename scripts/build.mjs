// npm run build: the programs as plain JavaScript in dist/, for the published package and the image.
import { chmodSync, cpSync, existsSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { binOf } from './bootstrap/bin.mjs';
import { main } from './bootstrap/bootstrap.mjs';
import { runInForeground } from './bootstrap/child.mjs';
import { ensureDependencies } from './bootstrap/dependencies.mjs';
import { root } from './bootstrap/paths.mjs';

/** What programs read beside their own code while they run, from where the code is. */
const ASSETS = ['broker/store/migrations'];

await main(async () => {
  // Only the compiler is needed: an image is built without the optional dependencies, which a checkout has.
  if (!existsSync(join(root, 'node_modules', 'typescript'))) await ensureDependencies(root);
  // Beside its place and then moved there: nobody sees half a build, and what is no longer built is gone.
  const unfinished = mkdtempSync(join(root, '.dist-'));
  try {
    const compiler = [binOf('typescript', 'tsc'), '--project', 'tsconfig.build.json', '--outDir', unfinished];
    const code = await runInForeground(process.execPath, compiler, { cwd: root });
    if (code !== 0) return code;
    for (const asset of ASSETS) cpSync(join(root, asset), join(unfinished, asset), { recursive: true });
    chmodSync(unfinished, 0o755);
    const dist = join(root, 'dist');
    rmSync(dist, { recursive: true, force: true });
    renameSync(unfinished, dist);
    return 0;
  } finally {
    rmSync(unfinished, { recursive: true, force: true });
  }
});
