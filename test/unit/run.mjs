// Runs the unit tests of what is pure in jsglue and in the benchmarks, in milliseconds and without a
// browser.
//
//   node test/unit/run.mjs [summary.json]
//
// Prints what failed, and writes {passed, failed}.
import fs from 'node:fs';
import path from 'node:path';
import { run } from 'node:test';
import * as esbuild from 'esbuild';

const here = import.meta.dirname;
const outdir = path.join(here, '../.cache/unit');
const names = fs.readdirSync(here).filter((name) => /\.test\.(ts|mjs)$/.test(name));
fs.rmSync(outdir, { recursive: true, force: true });
await esbuild.build({
  entryPoints: names.map((name) => path.join(here, name)),
  outdir,
  outExtension: { '.js': '.mjs' },
  bundle: true,
  ignoreAnnotations: true, // package.json's sideEffects are about the package
  platform: 'node',
  format: 'esm',
  define: { BGFETCH_VERSION: '"1.2.3"' },
  sourcemap: 'inline',
});

// Of the timers that tests turn by hand.
process.env.NODE_OPTIONS = '--disable-warning=ExperimentalWarning';

let passed = 0;
let failed = 0;
const files = names.map((name) => path.join(outdir, name.replace(/\.ts$/, '.mjs')));
const events = run({ files, concurrency: true });
for await (const { type, data } of events) {
  if (type === 'test:stderr' || type === 'test:stdout') process.stdout.write(data.message);
  if (type !== 'test:pass' && type !== 'test:fail') continue;
  if (data.details.error?.failureType === 'subtestsFailed') continue; // which are counted
  if (type === 'test:pass' && data.skip === undefined && data.todo === undefined) {
    passed++;
    continue;
  }
  failed++; // one that was skipped has not passed
  console.log(`FAILED unit ${data.name}\n${data.details.error?.cause?.stack ?? data.details.error ?? 'skipped'}`);
}
if (names.length === 0 || passed === 0) failed++;
console.log(`${failed === 0 ? 'ok' : 'FAILED'} unit: ${passed} passed, ${failed} failed`);
if (process.argv[2]) fs.writeFileSync(process.argv[2], JSON.stringify({ passed, failed }));
process.exit(failed === 0 ? 0 : 1);
