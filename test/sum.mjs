// Adds up the summaries of all suites and prints `N passed, N failed` last.
//
//   node test/sum.mjs checks=<exit code of ./build.sh check> summary.json ...
import { readFileSync } from 'node:fs';

let passed = 0;
let failed = 0;
for (const argument of process.argv.slice(2)) {
  if (argument.startsWith('checks=')) {
    if (argument === 'checks=0') passed++;
    else failed++;
    continue;
  }
  try {
    const summary = JSON.parse(readFileSync(argument, 'utf8'));
    passed += summary.passed;
    failed += summary.failed;
  } catch (error) {
    console.log(`FAILED ${argument}: the suite did not come to its end: ${error.message}`);
    failed++;
  }
}
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);
