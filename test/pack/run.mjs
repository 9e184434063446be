#!/usr/bin/env node
// Tests what `./build.sh pack` makes, as somebody who installs it: node test/pack/run.mjs
// [--tarball file] [--grep text] [--long] [--json file]
import fs from 'node:fs';
import { parseArgs } from 'node:util';
import { within } from '../browser/lib/processes.mjs';
import { cases, close, giveTarball } from './lib.mjs';
import './package.mjs';
import './init.mjs';
import './faults.mjs';
import './types.mjs';
import './start.mjs';
import './examples.mjs';
import './frameworks.mjs';
import './realms.mjs';
import './sites.mjs';

const { values: flags } = parseArgs({
  options: {
    tarball: { type: 'string' },
    grep: { type: 'string', default: '' },
    long: { type: 'boolean', default: false },
    json: { type: 'string' },
  },
});
giveTarball(flags.tarball);

const failures = [];
let passed = 0;
for (const { name, run, long } of cases) {
  if (!name.includes(flags.grep) || (long && !flags.long)) continue;
  const started = Date.now();
  const seconds = () => `(${((Date.now() - started) / 1000).toFixed(1)} s)`;
  try {
    await within(long ? 900_000 : 300_000, name, run());
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
