// Runs `go test -json` with the arguments given, prints what failed and a line for
// each package, and writes {passed, failed} to the file named first.
//
//   node test/gotest.mjs summary.json ./...
import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { createInterface } from 'node:readline';

const [summary, ...args] = process.argv.slice(2);
const go = spawn('go', ['test', '-json', ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
const exited = new Promise((resolve) => go.on('close', resolve));

let passed = 0;
let failed = 0;
/** Output of tests that have not ended, by package and test. */
const output = new Map();
/** Tests that have begun and not ended, by package. */
const running = new Map();

for await (const line of createInterface({ input: go.stdout })) {
  const { Action, Package = '', ImportPath = Package, Test, Output, Elapsed, FailedBuild } = JSON.parse(line);
  const key = `${ImportPath} ${Test ?? ''}`;
  if (Action === 'output' || Action === 'build-output') {
    output.set(key, (output.get(key) ?? '') + Output);
    continue;
  }
  if (Action === 'build-fail') process.stdout.write(output.get(key) ?? '');
  if (Action === 'run') running.set(Package, (running.get(Package) ?? new Set()).add(Test));
  if (!['pass', 'fail', 'skip'].includes(Action)) continue;
  if (Test !== undefined) {
    running.get(Package)?.delete(Test);
    if (Action === 'pass') passed++;
    else failed++; // a test that was skipped has not passed
    if (Action !== 'pass') process.stdout.write(`FAILED go ${Package} ${Test}\n${output.get(key)}`);
  } else if (Action !== 'skip') {
    const left = [...(running.get(Package) ?? [])];
    if (Action === 'fail' && (FailedBuild || failed === 0 || left.length > 0)) {
      failed++; // it did not build, ended outside of a test, or broke off in one
      for (const test of left)
        process.stdout.write(`BROKEN OFF go ${Package} ${test}\n${output.get(`${Package} ${test}`) ?? ''}`);
      process.stdout.write(output.get(key) ?? '');
    }
    // Of a failure: the order of the tests, as -shuffle takes it.
    const order = (Action === 'fail' && output.get(key)?.match(/^-test\.shuffle (\d+)$/m)?.[1]) ?? '';
    const told = order ? `, -shuffle=${order}` : '';
    console.log(`${Action === 'pass' ? 'ok' : 'FAILED'} go        ${Package} (${Elapsed} s${told})`);
  }
  output.delete(key);
}
if ((await exited) !== 0 && failed === 0) failed++;
writeFileSync(summary, JSON.stringify({ passed, failed }));
process.exit(failed === 0 ? 0 : 1);
