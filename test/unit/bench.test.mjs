// What the benchmarks make of what they measured: noise, the comparison with the stored run, tables
// and the plot of links.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { compare, comparisonText, readStored } from '../bench/compare.mjs';
import { Evidence, median, noiseOf } from '../bench/evidence.mjs';
import { decadesOf, linesOf, linksPlot } from '../bench/network-plot.mjs';
import { networkRows } from '../bench/network-report.mjs';
import { linkTimes } from '../bench/network-rows.mjs';
import { breaksText, links, rangesCases } from '../bench/network-works.mjs';
import { rowsOf } from '../bench/rows.mjs';
import { commitText, failureLines, headline, markdown, NAMES, ratioTable } from '../bench/tables.mjs';
import { breaks, description, MiB } from '../bench/works.mjs';

const near = (figure, wanted) => assert.ok(Math.abs(figure - wanted) < 1e-9, `${figure} is not ${wanted}`);

describe('noise', () => {
  test('is the standard error of logarithms: of the same figures none, whatever their unit', () => {
    assert.equal(noiseOf([3, 3, 3]), 0);
    const logs = [0, 0.2];
    near(noiseOf(logs.map(Math.exp)), 0.1);
    near(noiseOf(logs.map((log) => 1000 * Math.exp(log))), 0.1);
    near(noiseOf([2, 4, 8]), Math.log(2) / Math.sqrt(3));
  });
  test('is not known of one round, and figures that are missing do not count', () => {
    assert.equal(noiseOf([]), undefined);
    assert.equal(noiseOf([2]), undefined);
    assert.equal(noiseOf([2, undefined, Number.NaN, Number.POSITIVE_INFINITY, -1, 0]), undefined);
    assert.equal(noiseOf([2, Number.NaN, 2]), 0);
  });
  test('of a row is that of its rounds, of which one disturbs both ways', () => {
    const speed = (way, ...times) =>
      times.map((ms, i) => ({ measure: 'speed', browser: 'firefox', work: 'file-64', way, round: i + 1, ms }));
    const samples = [...speed('ours', 100, 300, 120), ...speed('script', 80, 240, 96)];
    const row = rowsOf(samples, ['firefox']).find(
      ({ name }) => name === 'speed over a script that reads and stores: one file of 64 MB',
    );
    assert.equal(row.cells.firefox.figure, 0.8);
    near(row.cells.firefox.noise, 0);
    assert.equal(row.better, 'more');
  });
});

test('medians, and rounds', () => {
  assert.equal(median([3, undefined, 1, 2]), 2);
  assert.equal(median([4, 1, 2, 3]), 2.5);
  assert.equal(median([]), undefined);
  const e = Evidence.in(
    [
      { browser: 'a', round: 1 },
      { browser: 'b', round: 1 },
      { browser: 'a', round: 2 },
    ],
    'a',
  );
  assert.deepEqual(
    e.rounds().map(({ samples }) => samples.length),
    [1, 1],
  );
});

/** A row as of rowsOf(), and the same as the document has it. */
const row = (name, better, cells) => ({ name, target: '', better, cells });
const cell = (figure, noise) => ({ figure, noise, met: null });

describe('the comparison with the stored run', () => {
  const document = (rows) => markdown(ratioTable({ browsers: { chromium: '', firefox: '' } }, rows));

  test('reads what the document says, with and without noise, and other tables not', () => {
    const text = [
      '| a | raw | brotli | target |\n| --- | ---: | ---: | ---: |\n| x | 1 | 2 | 3 |',
      document([
        { ...row('speed', 'more', { chromium: { ...cell(0.81, 0.034), met: false }, firefox: cell(1.5) }), target: '≥ 1' },
        row('growth', 'less', { firefox: cell(-3.25, 0) }),
      ]),
    ].join('\n\n');
    assert.deepEqual(readStored(text, NAMES), {
      speed: { chromium: { figure: 0.81, noise: 0.03 }, firefox: { figure: 1.5, noise: undefined } },
      growth: { firefox: { figure: -3.25, noise: 0 } },
    });
    assert.deepEqual(readStored('no table', NAMES), {});
  });

  const stored = (figure, noise) => ({ speed: { chromium: { figure, noise } } });
  const changes = (rows, before) => compare(rows, before).worse.map(({ name, change }) => `${name} ${change.toFixed(2)}`);

  test('tells what is worse than 10 % beyond noise, in either direction', () => {
    const now = (figure, better = 'more', noise = 0) => [row('speed', better, { chromium: cell(figure, noise) })];
    assert.deepEqual(changes(now(0.91), stored(1, 0)), []);
    assert.deepEqual(changes(now(0.89), stored(1, 0)), ['speed 0.89']);
    assert.deepEqual(changes(now(1.2), stored(1, 0)), []);
    assert.deepEqual(changes(now(1.1, 'less'), stored(1, 0)), []);
    assert.deepEqual(changes(now(1.25, 'less'), stored(1, 0)), ['speed 0.80']);
    // 3 % and 4 % are 5 % together, of which two are noise: exp(-0.1) × 0.9 = 0.81.
    assert.deepEqual(changes(now(0.82, 'more', 0.03), stored(1, 0.04)), []);
    assert.deepEqual(changes(now(0.81, 'more', 0.03), stored(1, 0.04)), ['speed 0.81']);
  });

  test('takes one side for as noisy as the other where nothing is known of it', () => {
    const [noise] = [0.1].map((one) => compare([row('speed', 'more', { chromium: cell(0.1, one) })], stored(1)).worse[0].noise);
    near(noise, Math.hypot(0.1, 0.1));
  });

  test('has no figure less noisy than half of those of its browser', () => {
    const rows = ['a', 'b', 'c'].map((name, i) => row(name, 'more', { chromium: cell(0.8, [0, 0.1, 0.2][i]) }));
    const before = Object.fromEntries(rows.map(({ name }) => [name, { chromium: { figure: 1, noise: 0 } }]));
    assert.deepEqual(compare(rows, before), { worse: [], compared: 3, without: 0 });
  });

  test('says of what nothing can be said', () => {
    const rows = [row('speed', 'more', { chromium: cell(0.1) }), row('absolute', undefined, { chromium: cell(9) })];
    const comparison = compare(rows, { ...stored(1), absolute: { chromium: { figure: 1 } } });
    assert.deepEqual(comparison, { worse: [], compared: 0, without: 1 });
    assert.match(comparisonText(comparison, NAMES), /^0 ratios compared .*: none worse.*\n1 more could not be/);
    assert.deepEqual(compare(rows, {}), { worse: [], compared: 0, without: 0 });
  });

  test('prints ratios, the worst first', () => {
    const rows = ['a', 'b'].map((name, i) => row(name, 'more', { firefox: cell([0.6, 0.3][i], 0) }));
    const before = { a: { firefox: { figure: 0.8, noise: 0 } }, b: { firefox: { figure: 0.6, noise: 0 } } };
    const lines = comparisonText(compare(rows, before), NAMES).split('\n');
    assert.deepEqual(lines.slice(0, 2), [
      'WORSE  Firefox  b: 0.50 of what it was (0.6, now 0.3; noise 0 %)',
      'WORSE  Firefox  a: 0.75 of what it was (0.8, now 0.6; noise 0 %)',
    ]);
  });

  test('finds each row by its name', () => {
    const all = [...rowsOf([], []), ...networkRows({ samples: [], browsers: {} })];
    const names = all.filter(({ better }) => better).map(({ name }) => name);
    assert.equal(new Set(names).size, names.length);
  });
});

describe('the works of the network', () => {
  test('break where they say, once each', () => {
    assert.deepEqual(breaks({ size: 10, every: 4 }), [4, 8]);
    assert.deepEqual(breaks({ size: 8, every: 4 }), [4]);
    assert.deepEqual(breaks({ size: 8 }), []);
    assert.equal(breaksText({ size: 3e6, every: 1e6 }), 'at 1 MB, at 2 MB');
    assert.equal(breaksText({ size: 3e6 }), 'never');
  });
  test('are told to the server, small requests over the same link', () => {
    const work = { size: 9, every: 5, rate: 3, link: 4, delay: 2, small: true, retry: 1000 };
    assert.deepEqual(description(work, 'x', { url: 'http://host' }), {
      base: 'http://host',
      name: 'x',
      count: 1,
      fetches: undefined,
      play: undefined,
      retry: 1000,
      small: 'size=1000&rate=3&delay=2&link=4&linkname=x',
      query: 'size=9&rate=3&delay=2&link=4&linkname=x&down=5&downms=500',
    });
    assert.equal(description({ size: 9 }, 'x', { url: '' }).query, 'size=9');
    assert.equal(description({ size: 9 }, 'x', { url: '' }).small, undefined);
  });
  test('have what a table of them needs', () => {
    for (const { size, link, rate, ways, rounds } of links)
      assert.ok(size > 0 && link >= rate && ways.length === 4 && rounds > 0);
    for (const { size, target, ways } of rangesCases) assert.ok(size > MiB && target > 0 && ways.includes('idle'));
  });
});

describe('what the network is', () => {
  const sample = (way, ms, more) => ({
    measure: 'links',
    browser: 'chromium',
    work: 'far',
    way,
    round: 1,
    ms,
    first: ms,
    twice: 0,
    waits: [5, 1, 9],
    ...more,
  });
  const samples = [
    sample('one', 8000, { first: 300 }),
    sample('ranges', 3000, { first: 400 }),
    sample('plain', 8000),
    sample('plain', 1, { error: 'no' }),
    { measure: 'ranges', browser: 'chromium', work: 'loss', way: 'one', round: 1, ms: 900, twice: 0, waits: [12] },
    { measure: 'ranges', browser: 'chromium', work: 'loss', way: 'ranges', round: 1, ms: 300, twice: MiB, waits: [24] },
    { measure: 'ranges', browser: 'chromium', work: 'loss', way: 'idle', round: 1, waits: [20] },
  ];
  const points = linkTimes(samples, ['chromium', 'firefox']);

  test('times are medians of each link, browser and way, without failures', () => {
    assert.deepEqual(
      points.map(({ way, ms, first, wait, n }) => [way, ms, first, wait, n]),
      [
        ['one', 8000, 300, 5, 1],
        ['ranges', 3000, 400, 5, 1],
        ['plain', 8000, 8000, 5, 1],
      ],
    );
  });
  test('rows are ratios', () => {
    const rows = networkRows({ samples, browsers: { chromium: '' } }).filter(({ cells }) => cells.chromium);
    assert.deepEqual(
      rows.map(({ name, cells }) => [name, cells.chromium.figure, cells.chromium.met]),
      [
        ['several ranges, speed over one connection: 16 MB over 100 ms with 1 % loss', 3, true],
        ['… MB sent twice, several ranges', 1, true],
        ['… how much longer a small request waits, several ranges', 1.2, true],
        ['… MB sent twice, one connection', 0, true],
        ['… how much longer a small request waits, one connection', 0.6, true],
        ['a far server: speed over plain, one connection', 1, null],
        ['a far server: speed over plain, several ranges', 2.67, null],
      ],
    );
  });
  test('the plot has a line for each way that was measured, and a ring where a player need not wait', () => {
    assert.deepEqual(linesOf(points), [
      { heading: 'a far server' },
      { work: 'far', way: 'one' },
      { work: 'far', way: 'ranges' },
      { work: 'far', way: 'plain' },
    ]);
    assert.deepEqual(decadesOf(points), [0.1, 10]);
    const svg = linksPlot(points);
    assert.equal(svg.match(/<title>Chromium: all is stored after/g).length, 3);
    assert.equal(svg.match(/<title>Chromium: a player has the first byte after/g).length, 2);
    assert.ok(svg.includes('a player has the first byte after 300 ms'));
    assert.doesNotMatch(svg, /NaN|undefined/);
  });
});

test('a report says the commits, whether the tree was clean, and what failed', () => {
  const machine = { cpus: 2, cpu: 'X', memory: 4, kernel: '6', go: 'Go 1' };
  const samples = [
    { measure: 'links', browser: 'webkit', work: 'far', way: 'one', error: 'no', commit: commitText('abc', 0) },
    { measure: 'links', commit: commitText('abc', 0) },
    { measure: 'cut', error: 'x', commit: commitText('def', 3) },
  ];
  const results = { machine, browsers: { firefox: '153' }, taken: '2026-11-30T01:02:03Z', samples };
  const ofLinks = (measure) => measure === 'links';
  assert.match(headline(results, ofLinks), /^2026-11-30, commit abc, clean tree\. .* Firefox 153\.$/);
  assert.match(
    headline(results, () => true),
    /, commit abc, clean tree; commit def, 3 files changed\. /,
  );
  assert.deepEqual(failureLines(results, ofLinks), ['webkit links far one: no']);
});
