#!/usr/bin/env node
// Measures the product against the plain way and against Chromium's own.
//
//   node test/bench/run.mjs [--browser chromium,firefox,webkit] [--runs 5]
//                           [--only name,name] [--quick] [--add] [--report] [--list]
//
// --only takes measures and works by their names (--list); --quick takes small works and few
// runs, and tells what is worse than the stored run (compare.mjs); works that take long are run
// less often (works.mjs); --add keeps what earlier runs measured, except for what is measured
// anew; --report measures nothing, and writes what is there.
//
// Results: a table, test/.results/bench.json, and after a run of everything (or with --report)
// docs/performance.md and its plots: those places in it of which something was measured.
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import http from 'node:http';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { drivers } from '../browser/drivers/index.mjs';
import { versionOf } from '../browser/drivers/version.mjs';
import { Channel } from '../browser/lib/channel.mjs';
import { root, startServer } from '../browser/lib/server.mjs';
import { compare, comparisonText, readStored } from './compare.mjs';
import { measureMemory } from './memory.mjs';
import { measureCut, measureNavigation, measurePromises, measureStarts } from './moments.mjs';
import { measureNetwork } from './network.mjs';
import { writeLinksPlot } from './network-plot.mjs';
import { networkRows, networkText, writeNetwork } from './network-report.mjs';
import { NETWORK } from './network-works.mjs';
import { writePlot } from './plot.mjs';
import { terminalText, writeDocument } from './report.mjs';
import { rowsOf } from './rows.mjs';
import { measureSizes } from './sizes.mjs';
import { measureSpeed } from './speed.mjs';
import { buildEmpty, directories } from './stand.mjs';
import { commitText, document, measured, NAMES } from './tables.mjs';
import { MiB, works } from './works.mjs';

const { values: flags } = parseArgs({
  options: {
    browser: { type: 'string', default: Object.keys(drivers).join() },
    runs: { type: 'string' },
    only: { type: 'string', default: '' },
    quick: { type: 'boolean', default: false },
    add: { type: 'boolean', default: false },
    report: { type: 'boolean', default: false },
    list: { type: 'boolean', default: false },
  },
});
const runs = Number(flags.runs ?? (flags.quick ? 3 : 5));
const browsers = flags.browser.split(',');
const only = flags.only.split(',').filter(Boolean);
const chosen = (name) => only.length === 0 || only.includes(name);
const file = path.join(root, 'test/.results/bench.json');

const both = (browser) => (browser === 'chromium' && !flags.quick ? ['ours', 'native'] : ['ours']);

/** Measures beside the speed of works: name -> async (options). Native waits for so long that once is enough. */
const moments = {
  promise: measurePromises,
  start: measureStarts,
  cut: (options) => inBothWays(measureCut, options),
  navigation: (options) => inBothWays(measureNavigation, options),
  memory: (options) => measureMemory(onceIfQuick(options)),
};

async function inBothWays(measure, options) {
  const { browser, runs } = onceIfQuick(options);
  for (const way of both(browser)) await measure({ ...options, way, runs: way === 'native' ? 1 : runs });
}

/** What a quick run does not compare is measured once. */
const onceIfQuick = (options) => (options.quick ? { ...options, runs: 1 } : options);

const networkNames = Object.entries(NETWORK).flatMap(([measure, all]) => [measure, ...all.map(({ name }) => name)]);
const names = [...works.map(({ name }) => name), ...Object.keys(moments), ...networkNames];
if (flags.list) {
  console.log(names.join('\n'));
  process.exit();
}
const unknown = only.filter((name) => !names.includes(name));
if (unknown.length > 0) throw new Error(`There is nothing to measure with the name ${unknown.join(', ')}; --list names all.`);

const earlier =
  (flags.add || flags.report) && fs.existsSync(file) ? JSON.parse(fs.readFileSync(file, 'utf8')) : { samples: [], browsers: {} };

async function measure() {
  buildEmpty();
  const channel = await new Channel().start();
  const server = await startServer(directories);
  const context = { server, channel };
  const results = {
    taken: new Date().toISOString(),
    machine: machine(),
    browsers: { ...earlier.browsers },
    runs,
    load: { before: load(), after: load() },
    server: await measureServer(server),
    sizes: measureSizes(),
    samples: earlier.samples,
  };
  const save = () => {
    fs.mkdirSync(path.dirname(file), { recursive: true });
    results.load.after = load();
    fs.writeFileSync(file, `${JSON.stringify(results)}\n`);
  };
  const commit = commitNow();
  for (const browser of browsers) {
    results.browsers[browser] = versionOf(browser);
    const add = (sample) => {
      results.samples.push({ ...sample, commit });
      console.log(sampleText(sample));
      save();
    };
    const options = { browser, runs, quick: flags.quick, context, add };
    const forget = (test) => (results.samples = results.samples.filter((sample) => sample.browser !== browser || !test(sample)));

    const chosenWorks = works.filter((work) => chosen(work.name) && (!flags.quick || work.quick));
    forget(({ work, measure }) => measure === 'speed' && chosenWorks.some(({ name }) => name === work));
    if (chosenWorks.length > 0) await attempt('speed', () => measureSpeed({ ...options, works: chosenWorks }), add, browser);
    for (const [measure, all] of Object.entries(NETWORK)) {
      const network = all.filter(({ name, quick }) => (chosen(measure) || chosen(name)) && (!flags.quick || quick));
      forget((sample) => sample.measure === measure && network.some(({ name }) => name === sample.work));
      if (network.length > 0) await attempt(measure, () => measureNetwork(measure, { ...options, works: network }), add, browser);
    }
    for (const [name, measure] of Object.entries(moments)) {
      if (!chosen(name)) continue;
      forget((sample) => sample.measure === name);
      await attempt(name, () => measure(options), add, browser);
    }
  }
  save();
  await server.close();
  await channel.close();
  return results;
}

/** One measure that fails does not take the others with it. */
async function attempt(measure, run, add, browser) {
  try {
    await run();
  } catch (error) {
    console.error(error);
    add({ measure, browser, error: error.message });
  }
}

function sampleText({ measure, browser, work = '', way = '', round = '', commit, waits, ...figures }) {
  const shown = Object.entries(figures).map(
    ([name, value]) => `${name} ${typeof value === 'number' ? Number(value.toFixed(1)) : JSON.stringify(value)}`,
  );
  return [browser, measure, work, way, `#${round}`, ...shown].filter(Boolean).join(' ');
}

function load() {
  return os.loadavg()[0].toFixed(1);
}

function machine() {
  const text = (command, ...args) => execFileSync(command, args, { cwd: root, encoding: 'utf8' }).trim();
  return {
    cpu: os.cpus()[0].model,
    cpus: os.cpus().length,
    memory: Math.round(os.totalmem() / 2 ** 30),
    kernel: os.release(),
    go: text('go', 'env', 'GOVERSION').replace('go', 'Go '),
  };
}

/** The commit that is measured, and whether that is all that is measured. */
function commitNow() {
  const commit = execFileSync('git', ['rev-parse', '--short', 'HEAD'], { cwd: root, encoding: 'utf8' }).trim();
  return commitText(commit, changedFiles());
}

/** How many files are not as they are committed. */
function changedFiles() {
  return execFileSync('git', ['status', '--porcelain'], { cwd: root, encoding: 'utf8' }).split('\n').filter(Boolean).length;
}

/** What the server can send to one client that drops everything: it is not to be the limit. */
async function measureServer(server) {
  const size = 1024 * MiB;
  const begun = performance.now();
  await new Promise((resolve, reject) => {
    http
      .get(server.file('server', { size }), (response) =>
        response
          .on('data', () => {})
          .on('end', resolve)
          .on('error', reject),
      )
      .on('error', reject);
  });
  return { speed: Math.round(size / 1e6 / ((performance.now() - begun) / 1000)) };
}

const everything = !flags.quick && flags.only === '';

// It is of one program, which has a name.
if (everything && !flags.report && changedFiles() > 0) {
  throw new Error('A run of everything is of what is committed, and there are changes. Measure with --only, or commit them.');
}
const results = flags.report ? earlier : await measure();
console.log(`\n${[terminalText(results), networkText(results)].filter(Boolean).join('\n\n')}`);
if (flags.quick) {
  const rows = [...rowsOf(...measured(results)), ...networkRows(results)];
  const comparison = compare(rows, readStored(fs.readFileSync(document, 'utf8'), NAMES));
  console.log(`\n${comparisonText(comparison, NAMES)}`);
}
if (everything || flags.report) {
  const has = (ofNetwork) => results.samples.some((sample) => sample.measure in NETWORK === ofNetwork);
  if (has(false)) {
    writePlot(results);
    writeDocument(results);
  }
  if (has(true)) {
    writeLinksPlot(results);
    writeNetwork(results);
  }
}
process.exit(results.samples.some(({ error }) => error) ? 1 : 0);
