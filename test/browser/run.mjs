#!/usr/bin/env node
// Runs the scenarios in real browsers.
//
//   node test/browser/run.mjs [--browser chromium,firefox,webkit] [--grep text]
//                             [--list] [--native] [--long] [--jobs 2] [--verbose]
//                             [--json file] [--table file]
//
// One line for each test, everything known about those that failed, and a count.
// Nothing is tried twice, and a browser that is missing is a failure. --native
// tests the scenarios themselves against Chromium's own Background Fetch, --long runs
// the long versions of those that have one, and --table puts what the fault matrix
// came to into a Markdown file.
import fs from 'node:fs';
import { parseArgs } from 'node:util';
import { drivers } from './drivers/index.mjs';
import { Channel } from './lib/channel.mjs';
import { writeTable } from './lib/fault-table.mjs';
import { Pool } from './lib/pool.mjs';
import { within } from './lib/processes.mjs';
import { Reporter } from './lib/reporter.mjs';
import { loadScenarios, Test } from './lib/scenario.mjs';
import { build } from './lib/server.mjs';

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
    verbose: { type: 'boolean', default: false },
  },
});

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

/** Runs the jobs, so many at a time. */
async function drain(jobs, width) {
  const queue = [...jobs];
  await Promise.all(
    Array.from({ length: width }, async () => {
      while (queue.length > 0) await run(queue.shift());
    }),
  );
}

const allowed = ({ browsers, longBrowsers = browsers }) => (flags.long ? longBrowsers : browsers);
const all = chosen.flatMap((scenario) =>
  browsers.filter((browser) => allowed(scenario)?.includes(browser) ?? true).map((browser) => ({ scenario, browser })),
);
await drain(
  all.filter((job) => !job.scenario.waits),
  Number(flags.jobs),
);
// They mostly wait.
await drain(
  all.filter((job) => job.scenario.waits),
  browsers.length,
);

await pool.close();
await channel.close();
if (flags.json) fs.writeFileSync(flags.json, `${JSON.stringify(reporter.summary(), null, 2)}\n`);
if (flags.table && reporter.failed === 0) writeTable(flags.table, reporter.table());
reporter.end();
process.exit(reporter.failed === 0 ? 0 : 1);
