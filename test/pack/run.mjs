#!/usr/bin/env node
// Tests what `./build.sh pack` makes, as somebody who installs it: node test/pack/run.mjs
// [--grep text] [--json file]
import fs from 'node:fs';
import { parseArgs } from 'node:util';
import { within } from '../browser/lib/processes.mjs';
import { cases, close } from './lib.mjs';
import './package.mjs';
import './init.mjs';
import './faults.mjs';
import './types.mjs';
import './start.mjs';
import './examples.mjs';
import './frameworks.mjs';

const { values: flags } = parseArgs({ options: { grep: { type: 'string', default: '' }, json: { type: 'string' } } });

const failures = [];
let passed = 0;
for (const { name, run } of cases.filter((one) => one.name.includes(flags.grep))) {
  const started = Date.now();
  const seconds = () => `(${((Date.now() - started) / 1000).toFixed(1)} s)`;
  try {
    await within(300_000, name, run());
    passed++;
    console.log(`ok pack      ${name} ${seconds()}`);
  } catch (error) {
    failures.push(name);
    console.log(`FAILED pack  ${name} ${seconds()}\n${error.stack}\n${error.stdout ?? ''}${error.stderr ?? ''}`);
  }
}
await close();
const summary = { passed, failed: failures.length };
if (flags.json) fs.writeFileSync(flags.json, JSON.stringify(summary));
console.log(`${summary.passed} passed, ${summary.failed} failed`);
process.exit(summary.failed === 0 ? 0 : 1);
