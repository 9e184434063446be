#!/usr/bin/env node
// Runs the scenarios in real browsers.
//
//   node test/browser/run.mjs [--browser chromium,firefox,webkit] [--grep text]
//                             [--list] [--native] [--long] [--jobs 2] [--verbose]
//                             [--json file] [--table file] [--versions file]
//
// One line for each test, everything known about those that failed, and a count.
// Nothing is tried twice, and a browser that is missing is a failure. Long scenarios are run in
// one browser, drawn anew each time, unless --long or --browser is given. --native
// tests the scenarios themselves against Chromium's own Background Fetch, --long runs
// the long versions of those that have one. After a run without a failure --table puts what the
// fault matrix came to into a Markdown file, and --versions, if it was of everything, the browsers.
import fs from 'node:fs';
import os from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { drivers } from './drivers/index.mjs';
import { Channel } from './lib/channel.mjs';
import { writeTable } from './lib/fault-table.mjs';
import { Pool } from './lib/pool.mjs';
import { within } from './lib/processes.mjs';
import { Reporter } from './lib/reporter.mjs';
import { loadScenarios, Test } from './lib/scenario.mjs';
import { build } from './lib/server.mjs';
import { writeVersions } from './lib/versions.mjs';

const { values: flags } = parseArgs({
  options: {
    browser: { type: 'string', default: '' },
    grep: { type: 'string', default: '' },
    jobs: { type: 'string', default: '2' },
    json: { type: 'string' },
    long: { type: 'boolean', default: false },
    list: { type: 'boolean', default: false },
    native: { type: 'boolean', default: false },
    table: { type: 'string' },
    versions: { type: 'string' },
    verbose: { type: 'boolean', default: false },
  },
});

if (flags.versions && (flags.grep || flags.native || flags.browser)) {
  throw new Error('--versions goes with a run of all scenarios in all browsers');
}
const browsers = flags.browser ? flags.browser.split(',') : flags.native ? ['chromium'] : Object.keys(drivers);
for (const name of browsers) {
  if (!drivers[name]) throw new Error(`no browser ${name}; there are ${Object.keys(drivers)}`);
}
const chosen = (await loadScenarios()).filter(
  (one) =>
    one.name.includes(flags.grep) && (!flags.native || one.native || one.plain) && (!one.onlyLong || flags.long || flags.list),
);
if (chosen.length === 0) throw new Error(`no scenario has ${JSON.stringify(flags.grep)} in its name`);
if (flags.list) {
  for (const one of chosen) console.log(one.name);
  process.exit();
}

const reporter = new Reporter({ verbose: flags.verbose });
const channel = await new Channel().start();
const pool = new Pool({ channel, native: flags.native });
await build();

async function run({ scenario, browser }) {
  const driver = drivers[browser];
  const id = `${browser}-${scenario.name.replaceAll(/[^\w]+/g, '-')}`;
  const test = new Test({ id, driver, pool, channel, native: flags.native, plain: scenario.plain, long: flags.long });
  const started = Date.now();
  let cases;
  let error;
  try {
    if (!fs.existsSync(driver.executable)) {
      throw new Error(`${driver.executable} is missing; test/browser/install.sh installs it`);
    }
    await test.start();
    cases = await within(
      flags.long ? (scenario.longTimeout ?? scenario.timeout) : scenario.timeout,
      'the scenario',
      scenario.run(test),
    );
  } catch (thrown) {
    error = thrown;
  }
  const log = error ? await test.server?.logs(id).catch((problem) => String(problem)) : undefined;
  await test.close(!error).catch((problem) => (error ??= problem));
  const ms = Date.now() - started;
  reporter.result({ browser, scenario: scenario.name, ms, error, cases, reports: test.reports.lines, log });
}

/** Runs the jobs, `width` at a time, and up to `most` while the machine has little to do: most scenarios mostly wait. */
async function drain(queue, width, most) {
  const running = new Set();
  const idle = idleShare();
  while (queue.length > 0) {
    if (running.size < width || (running.size < most && idle() > ENOUGH_IDLE)) {
      const job = run(queue.shift()).finally(() => running.delete(job));
      running.add(job);
    } else {
      await Promise.race([...running, sleep(LOOK_EVERY)]);
    }
  }
  await Promise.all(running);
}

/** How often it is looked whether there is time for one more, in ms: about what the start of one takes. */
const LOOK_EVERY = 3000;
/** What share of the processors is to have had nothing to do. */
const ENOUGH_IDLE = 0.4;

/** A function that says which share of the processors had nothing to do since it last said so: 0 if that was just now. */
function idleShare() {
  const times = () => {
    const sum = { at: Date.now(), idle: 0, all: 0 };
    for (const cpu of os.cpus()) {
      sum.idle += cpu.times.idle;
      for (const time of Object.values(cpu.times)) sum.all += time;
    }
    return sum;
  };
  let before = times();
  return () => {
    const now = times();
    if (now.at - before.at < LOOK_EVERY) return 0;
    const share = (now.idle - before.idle) / (now.all - before.all);
    before = now;
    return share;
  };
}

/** The browsers that a scenario is run in. */
function chosenFor({ browsers: able, longBrowsers = able, drawn }) {
  const suited = browsers.filter((browser) => (flags.long ? longBrowsers : able)?.includes(browser) ?? true);
  if (!drawn || flags.long || flags.browser) return suited;
  return [suited[Math.floor(Math.random() * suited.length)]];
}

const all = chosen.flatMap((scenario) => chosenFor(scenario).map((browser) => ({ scenario, browser })));
const width = Number(flags.jobs);
await drain(
  all.filter(({ scenario }) => !scenario.alone),
  width,
  3 * width,
);
await drain(
  all.filter(({ scenario }) => scenario.alone),
  1,
  1,
);

await pool.close();
await channel.close();
if (flags.json) fs.writeFileSync(flags.json, `${JSON.stringify(reporter.summary(), null, 2)}\n`);
if (flags.table && reporter.failed === 0) writeTable(flags.table, reporter.table());
if (flags.versions && reporter.failed === 0)
  writeVersions(flags.versions, reporter.passed, new Date().toISOString().slice(0, 10));
reporter.end();
process.exit(reporter.failed === 0 ? 0 : 1);
