// npm run soak -- NAME: a long-running trial, test/soak/NAME.ts.
import { main } from './bootstrap/bootstrap.mjs';
import { runNamed } from './bootstrap/run-named.mjs';

await main(() => runNamed('test/soak', process.argv[2], process.argv.slice(3)));
