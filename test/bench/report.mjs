// The results for people: in the terminal and in docs/performance.md.
import { NETWORK } from './network-works.mjs';
import { rowsOf, times as timesOf } from './rows.mjs';
import {
  failureLines,
  headline,
  kB,
  LEGEND,
  loadText,
  mark,
  markdown,
  measured,
  NAMES,
  NOISE,
  padded,
  ratioTable,
  seconds,
  writePlace,
} from './tables.mjs';
import { WAYS } from './works.mjs';

const PLACE = 'Written by ./build.sh bench';

/** What is told here: all but the network. */
const ours = (measure) => !(measure in NETWORK);

function timeTable({ samples, browsers, runs }) {
  const list = timesOf(samples, Object.keys(browsers));
  const table = [['', 'browser', ...Object.values(WAYS)]];
  for (const work of new Set(list.map((one) => one.work))) {
    for (const browser of Object.keys(browsers)) {
      const of = list.filter((one) => one.work === work && one.browser === browser);
      if (of.length === 0) continue;
      const cell = (way) => {
        const found = of.find((one) => one.way === way);
        if (!found) return '';
        const fewer = found.n < runs ? `, n = ${found.n}` : '';
        return `${seconds(found.ms)} (${found.cpu.toFixed(1)}${fewer})`;
      };
      table.push([of[0].title, NAMES[browser], ...Object.keys(WAYS).map(cell)]);
    }
  }
  return table;
}

function sizeTable({ sizes }) {
  return [
    ['', 'raw', 'brotli', 'target'],
    ...sizes.map(({ name, raw, brotli, limit, met }) => [name, kB(raw), `${kB(brotli)}${mark[met]}`, `≤ ${kB(limit)}`]),
  ];
}

/** The whole of it, for the terminal. */
export function terminalText(results) {
  const ratios = ratioTable(results, rowsOf(...measured(results)));
  const times = timeTable(results);
  const parts = [];
  if (ratios.length > 1) parts.push(padded(ratios));
  if (times.length > 1) parts.push('Time (CPU seconds of the browser):', padded(times));
  parts.push(padded(sizeTable(results)));
  const failed = failureLines(results, ours);
  if (failed.length) parts.push(`Could not be measured:\n${failed.join('\n')}`);
  return parts.join('\n\n');
}

function markdownText(results) {
  const { runs, server } = results;
  const parts = [
    `${headline(results, ours)} Medians of ${runs}. ${loadText(results)} ` +
      `The server sends ${server.speed} MB/s to a client that drops them.`,
    `${LEGEND} ${NOISE}`,
    markdown(ratioTable(results, rowsOf(...measured(results)))),
    'Time until all is stored, and in brackets CPU seconds of all processes of the browser, and n where there are fewer runs than said above:',
    markdown(timeTable(results)),
    markdown(sizeTable(results)),
  ];
  const failed = failureLines(results, ours);
  if (failed.length) parts.push('Could not be measured:', failed.map((line) => `- ${line}`).join('\n'));
  parts.push('How time grows with the size of a file and the number of records and of background fetches:');
  parts.push('![Time until all is stored, in three plots](performance.svg)');
  return parts.join('\n\n');
}

/** Puts the results between the marks of docs/performance.md. */
export function writeDocument(results) {
  writePlace(PLACE, markdownText(results));
}
