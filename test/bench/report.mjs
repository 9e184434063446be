// The results for people: in the terminal and in docs/performance.md.
import fs from 'node:fs';
import path from 'node:path';
import { root } from '../browser/lib/server.mjs';
import { rowsOf, times } from './rows.mjs';
import { WAYS } from './works.mjs';

const NAMES = { chromium: 'Chromium', firefox: 'Firefox', webkit: 'WebKitGTK' };
const BEGIN = '<!-- Written by ./build.sh bench -->';
const END = '<!-- Until here -->';

const mark = { true: ' ✓', false: ' ✗', null: '' };
const cellText = (cell) => (cell ? `${cell.figure}${mark[cell.met]}` : '–');
const seconds = (ms) => (ms < 1000 ? `${ms.toFixed(0)} ms` : `${(ms / 1000).toFixed(ms < 10_000 ? 2 : 1)} s`);
const kB = (bytes) => `${(bytes / 1000).toFixed(bytes < 100_000 ? 1 : 0)} kB`;

/** [[heading, ...], row, ...] of texts. */
function ratioTable({ samples, browsers }) {
  const names = Object.keys(browsers);
  const rows = rowsOf(samples, names).filter(({ cells }) => Object.keys(cells).length > 0);
  return [
    ['', 'target', ...names.map((name) => NAMES[name])],
    ...rows.map(({ name, target, cells }) => [name, target, ...names.map((browser) => cellText(cells[browser]))]),
  ];
}

function timeTable({ samples, browsers, runs }) {
  const list = times(samples, Object.keys(browsers));
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

const failures = ({ samples }) => samples.filter(({ error }) => error);

function failureLines(results) {
  return failures(results).map(
    ({ browser, measure, work = '', way = '', error }) => `${browser} ${measure} ${work} ${way}: ${error}`,
  );
}

function padded(table) {
  const widths = table[0].map((_, column) => Math.max(...table.map((row) => row[column].length)));
  const line = (row) =>
    row.map((text, column) => (column ? text.padStart(widths[column]) : text.padEnd(widths[column]))).join('  ');
  return table.map(line).join('\n');
}

/** The whole of it, for the terminal. */
export function terminalText(results) {
  const parts = [
    padded(ratioTable(results)),
    'Time (CPU seconds of the browser):',
    padded(timeTable(results)),
    padded(sizeTable(results)),
  ];
  const failed = failureLines(results);
  if (failed.length) parts.push(`Could not be measured:\n${failed.join('\n')}`);
  return parts.join('\n\n');
}

const markdown = (table) =>
  [table[0], table[0].map((_, column) => (column ? '---:' : '---')), ...table.slice(1)]
    .map((row) => `| ${row.join(' | ')} |`)
    .join('\n');

function markdownText(results) {
  const { machine, browsers, taken, runs, load, server } = results;
  const versions = Object.entries(browsers).map(([name, version]) => `${NAMES[name]} ${version}`);
  const parts = [
    BEGIN,
    `${taken.slice(0, 10)}, commit ${machine.commit}. ${machine.cpus} × ${machine.cpu}, ${machine.memory} GB, Linux ${machine.kernel}, ${machine.go}. ` +
      `${versions.join(', ')}. Medians of ${runs}. Load average when it began and when it ended: ${load.before} and ${load.after}. ` +
      `The server sends ${server.speed} MB/s to a client that drops them.`,
    '✓ the target is met, ✗ it is not, – not measured.',
    markdown(ratioTable(results)),
    'Time until all is stored, and in brackets CPU seconds of all processes of the browser, and n where there are fewer runs than said above:',
    markdown(timeTable(results)),
    markdown(sizeTable(results)),
  ];
  const failed = failureLines(results);
  if (failed.length) parts.push('Could not be measured:', failed.map((line) => `- ${line}`).join('\n'));
  parts.push('How time grows with the size of a file and the number of records and of background fetches:');
  parts.push('![Time until all is stored, in three plots](performance.svg)');
  return `${parts.join('\n\n')}\n\n${END}`;
}

/** Puts the results between the marks of docs/performance.md. */
export function writeDocument(results) {
  const file = path.join(root, 'docs/performance.md');
  const text = fs.readFileSync(file, 'utf8');
  const [begin, end] = [text.indexOf(BEGIN), text.indexOf(END)];
  if (begin < 0 || end < begin) throw new Error(`${file} has no place for the results: ${BEGIN} and ${END}`);
  fs.writeFileSync(file, text.slice(0, begin) + markdownText(results) + text.slice(end + END.length));
}
