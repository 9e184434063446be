// The rows of the table: what the samples say, against the target. Figures are of
// medians, and ratios of medians of the same run.
import { Evidence, least, most, noiseOf } from './evidence.mjs';
import { MiB, WAYS, works, workNamed } from './works.mjs';

const title = (name) => workNamed(name).title;
const FILES = ['file-64', 'file-256', 'file-1024'];
/** What a work is to reach beside the script that reads and stores: its speed, and its CPU time. */
const OVER_SCRIPT = {
  'file-8': { speed: 0.9 },
  'file-64': { speed: 0.97, cpu: 1.1 },
  'file-256': { speed: 0.97, cpu: 1.1 },
  'file-1024': { speed: 0.97, cpu: 1.1 },
  'files-500': { speed: 0.9, cpu: 1.25 },
  'records-1000': { speed: 0.85, cpu: 1.25 },
};
const MOVED = [...FILES, 'throttled'];

/**
 * {name, target, figure(evidence), digits, only: the browser that it is for, better: whether 'more' or
 * 'less' of it is, of ratios that another machine should have, too}
 */
const definitions = [
  ...Object.entries(OVER_SCRIPT).map(([work, { speed }]) => ({
    name: `speed over a script that reads and stores: ${title(work)}`,
    better: 'more',
    target: least(speed),
    figure: (e) => e.over(work, 'script'),
  })),
  ...Object.entries(OVER_SCRIPT)
    .filter(([, { cpu }]) => cpu)
    .map(([work, { cpu }]) => ({
      name: `CPU over a script that reads and stores: ${title(work)}`,
      better: 'less',
      target: most(cpu),
      figure: (e) => e.cpuOver(work, 'script'),
    })),
  ...['file-64', 'file-256'].flatMap((work) =>
    [
      ['hashed', 'integrity'],
      ['pieces', 'pieces'],
    ].map(([way, asked]) => ({
      name: `share of hashing in the time, with ${asked}: ${title(work)}`,
      target: most(0.15),
      figure: (e) => 1 - e.speed(work, 'ours') / e.speed(work, way),
    })),
  ),
  ...['file-8', ...FILES].map((work) => ({
    name: `speed over plain: ${title(work)}`,
    better: 'more',
    figure: (e) => e.over(work, e.plain(work)),
  })),
  ...['files-500', 'records-1000'].map((work) => ({
    name: `speed over plain in the page, six at a time: ${title(work)}`,
    better: 'more',
    target: least(1),
    figure: (e) => e.over(work, 'page'),
  })),
  ...['file-64', 'file-1024', 'files-500', 'records-1000'].map((work) => ({
    name: `CPU over plain: ${title(work)}`,
    better: 'less',
    figure: (e) => e.cpuOver(work, e.plain(work)),
  })),
  ...works
    .filter(({ ways }) => ways.includes('native'))
    .map(({ name }) => ({
      name: `speed over native: ${title(name)}`,
      better: 'more',
      target: least(name === 'records-1000' ? 3 : 1),
      only: 'chromium',
      figure: (e) => e.over(name, 'native'),
    })),
  {
    name: 'time per record, 10,000 records over 1,000',
    better: 'less',
    target: most(1.5),
    figure: (e) => e.speed('records-10000', 'ours') / e.speed('records-1000', 'ours') / 10,
  },
  {
    name: 'memory per record, 10,000 records over 1,000',
    target: most(1.5),
    figure: (e) => e.growth('records-10000') / e.growth('records-1000') / 10,
  },
  {
    name: 'ms for each of 100 background fetches at once',
    target: most(6, ' ms'),
    digits: 1,
    figure: (e) => e.speed('fetches-100', 'ours') / 100,
  },
  {
    name: 'most connections at once',
    target: most(6),
    digits: 0,
    figure: (e) => e.max('speed', { way: 'ours' }, ({ connections }) => connections),
  },
  {
    name: 'from a cut to the next request',
    target: most(1, ' s'),
    figure: (e) => e.median('cut', { way: 'ours' }, ({ ms }) => ms / 1000),
  },
  { name: '… native', only: 'chromium', figure: (e) => e.median('cut', { way: 'native' }, ({ ms }) => ms / 1000) },
  { name: 'MB asked for twice because of the cut', figure: (e) => e.median('cut', { way: 'ours' }, ({ extra }) => extra / MiB) },
  {
    name: 'longest pause over two navigations and a reload',
    target: most(1, ' s'),
    figure: (e) => e.median('navigation', { way: 'ours' }, ({ gap }) => gap / 1000),
  },
  { name: '… native', only: 'chromium', figure: (e) => e.median('navigation', { way: 'native' }, ({ gap }) => gap / 1000) },
  {
    name: 'fetch() to its promise, the program running',
    target: most(25, ' ms'),
    digits: 1,
    figure: (e) => e.median('promise', {}, ({ ms }) => ms),
  },
  {
    name: 'fetch() to its promise, the worker just started, over an empty Go program',
    better: 'less',
    target: most(2.5),
    figure: (e) => e.median('start', {}, ({ promise }) => promise) / e.median('start', {}, ({ bare }) => bare.ms),
  },
  { name: '… in ms', digits: 0, figure: (e) => e.median('start', {}, ({ promise }) => promise) },
  { name: '… the empty program, in ms', digits: 0, figure: (e) => e.median('start', {}, ({ bare }) => bare.ms) },
  {
    name: '… this program instantiated, not run, in ms',
    digits: 0,
    figure: (e) => e.median('start', {}, ({ instantiated }) => instantiated),
  },
  {
    name: 'WebAssembly calls and requests of a start with nothing to do',
    target: most(0),
    digits: 0,
    figure: (e) => e.max('start', {}, ({ idle }) => idle.calls + idle.requests),
  },
  {
    name: 'first progress after the first request, largest work',
    target: most(250, ' ms'),
    digits: 0,
    figure: (e) => largest(MOVED.map((work) => e.speed(work, 'ours', ({ firstProgress }) => firstProgress))),
  },
  ...['file-1024', 'throttled'].map((work) => ({
    name: `progress events per second: ${title(work)}`,
    target: { text: '4 to 20', met: (figure) => figure >= 4 && figure <= 20 },
    digits: 1,
    figure: (e) => e.speed(work, 'ours', (sample) => sample.progressEvents / sample.progressSeconds),
  })),
  ...['file-64', 'file-1024'].flatMap((work) => [
    {
      name: `growth of memory over that of the script: ${title(work)}`,
      target: most(1),
      figure: (e) => e.growth(work) / e.growth(work, 'script'),
    },
    ...['ours', 'script', 'page'].map((way) => ({
      name: `… in MB, ${WAYS[way]}`,
      digits: 0,
      figure: (e) => e.growth(work, way) / MiB,
    })),
  ]),
  { name: `growth of memory in MB: ${title('records-10000')}`, digits: 0, figure: (e) => e.growth('records-10000') / MiB },
  {
    name: 'memory of the program, at most',
    target: most(64, ' MB'),
    digits: 0,
    figure: (e) => e.max('speed', { way: 'ours' }, ({ memory }) => memory / MiB),
  },
  {
    name: 'longest task of the page in ms, files',
    target: { text: '< 50 ms', met: (figure) => figure < 50 },
    digits: 0,
    figure: (e) => longestTask(e, 'ours', (work) => !work.startsWith('records')),
  },
  {
    name: 'longest task of the page in ms, records',
    target: { text: '< 50 ms', met: (figure) => figure < 50 },
    digits: 0,
    figure: (e) => longestTask(e, 'ours', (work) => work.startsWith('records')),
  },
  { name: '… plain, all', digits: 0, figure: (e) => longestTask(e, 'page', () => true) },
];

const largest = (figures) => Math.max(...figures.filter((figure) => figure !== undefined));

/** Of the medians of all works. Where the browser does not tell long tasks, how late a timer was. */
function longestTask(e, way, chosen) {
  const tells = e.of('speed').some(({ longest }) => longest > 0);
  const figures = works
    .filter(({ name }) => chosen(name))
    .map(({ name }) => e.speed(name, way, ({ longest, late }) => (tells ? longest : late)));
  return largest(figures);
}

/**
 * Rows {name, target, better, cells: {browser: {figure, met, noise}}}; met is null where there is
 * no target, there is no noise where it is not known, and no cell where nothing was measured.
 */
export function rowsOf(samples, browsers, defined = definitions) {
  const evidence = Object.fromEntries(browsers.map((browser) => [browser, Evidence.in(samples, browser)]));
  return defined.map(({ name, target, figure, better, digits = 2, only }) => {
    const cells = {};
    for (const browser of browsers) {
      const value = !only || only === browser ? figure(evidence[browser]) : undefined;
      if (!Number.isFinite(value)) continue;
      const rounded = Number(value.toFixed(digits));
      const noise = better && noiseOf(evidence[browser].rounds().map(figure));
      cells[browser] = { figure: rounded, met: target ? target.met(rounded) : null, noise };
    }
    return { name, target: target?.text ?? '', better, cells };
  });
}

/** [{work, browser, way, ms, cpu, n}] of medians, for the table of absolute figures and the plot. */
export function times(samples, browsers) {
  const list = [];
  for (const browser of browsers) {
    const e = Evidence.in(samples, browser);
    for (const work of works) {
      for (const way of Object.keys(WAYS)) {
        const ms = e.speed(work.name, way);
        if (ms === undefined) continue;
        const all = e.of('speed', { work: work.name, way });
        list.push({
          work: work.name,
          title: work.title,
          browser,
          way,
          ms,
          cpu: e.speed(work.name, way, ({ cpu }) => cpu),
          n: all.length,
        });
      }
    }
  }
  return list;
}
