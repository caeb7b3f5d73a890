// npm run bench -- NAME: a measurement, bench/NAME.ts. One script a question; results are in docs/benchmarks.md.
import { main } from './bootstrap/bootstrap.mjs';
import { runNamed } from './bootstrap/run-named.mjs';

await main(() => runNamed('bench', process.argv[2], process.argv.slice(3)));
