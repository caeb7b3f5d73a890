// npm start: the whole product on this machine. See local/main.ts.
import { join } from 'node:path';
import { bootstrap, main, nodeFlags } from './bootstrap/bootstrap.mjs';
import { runInForeground } from './bootstrap/child.mjs';
import { root } from './bootstrap/paths.mjs';

await main(async () => {
  const node = await bootstrap();
  return runInForeground(node, [...nodeFlags, join(root, 'local', 'main.ts'), ...process.argv.slice(2)], { ipc: true });
});
