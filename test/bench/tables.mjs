// Tables of results, in the terminal and in docs/performance.md, and the places in that document.
import path from 'node:path';
import { writeMarked } from '../browser/lib/marked.mjs';
import { root } from '../browser/lib/server.mjs';

export const NAMES = { chromium: 'Chromium', firefox: 'Firefox', webkit: 'WebKitGTK' };

export const LEGEND = '✓ the target is met, ✗ it is not, – not measured.';
export const NOISE = '± is the standard error of a ratio, from round to round, where there were several.';

export const mark = { true: ' ✓', false: ' ✗', null: '' };
const noiseText = (noise) => (noise === undefined ? '' : ` ±${(100 * noise).toFixed(0)} %`);
const cellText = (cell) => (cell ? `${cell.figure}${noiseText(cell.noise)}${mark[cell.met]}` : '–');

export const seconds = (ms) => (ms < 1000 ? `${ms.toFixed(0)} ms` : `${(ms / 1000).toFixed(ms < 10_000 ? 2 : 1)} s`);
export const kB = (bytes) => `${(bytes / 1000).toFixed(bytes < 100_000 ? 1 : 0)} kB`;

/** The samples, and the names of the browsers that they are of. */
export const measured = ({ samples, browsers }) => [samples, Object.keys(browsers)];

/** [[heading, ...], row, ...] of texts, of the rows in which something was measured. */
export function ratioTable({ browsers }, rows) {
  const names = Object.keys(browsers);
  return [
    ['', 'target', ...names.map((name) => NAMES[name])],
    ...rows
      .filter(({ cells }) => Object.keys(cells).length > 0)
      .map(({ name, target, cells }) => [name, target, ...names.map((browser) => cellText(cells[browser]))]),
  ];
}

export function padded(table) {
  const widths = table[0].map((_, column) => Math.max(...table.map((row) => row[column].length)));
  const line = (row) =>
    row.map((text, column) => (column ? text.padStart(widths[column]) : text.padEnd(widths[column]))).join('  ');
  return table.map(line).join('\n');
}

export const markdown = (table) =>
  [table[0], table[0].map((_, column) => (column ? '---:' : '---')), ...table.slice(1)]
    .map((row) => `| ${row.join(' | ')} |`)
    .join('\n');

/** What could not be measured, of the measures that are chosen. */
export function failureLines({ samples }, chosen) {
  return samples
    .filter(({ error, measure }) => error && chosen(measure))
    .map(({ browser, measure, work, way, error }) => {
      const what = [browser, measure, work, way].filter(Boolean);
      return `${what.join(' ')}: ${error}`;
    });
}

/** When, of which programs, and on what machine: of the samples that are chosen. */
export function headline({ machine, browsers, taken, samples }, chosen) {
  const versions = Object.entries(browsers).map(([name, version]) => `${NAMES[name]} ${version}`);
  const commits = new Set(samples.filter(({ measure }) => chosen(measure)).map(({ commit }) => commit));
  return (
    `${taken.slice(0, 10)}, ${[...commits].join('; ')}. ${machine.cpus} × ${machine.cpu}, ${machine.memory} GB, ` +
    `Linux ${machine.kernel}, ${machine.go}. ${versions.join(', ')}.`
  );
}

export const loadText = ({ load }) => `Load average when it began and when it ended: ${load.before} and ${load.after}.`;

/** The commit of a program, and whether that is all of it. */
export const commitText = (commit, changed) => `commit ${commit}, ${changed === 0 ? 'clean tree' : `${changed} files changed`}`;

export const document = path.join(root, 'docs/performance.md');
const END = '<!-- Until here -->';

/** Writes a text where the document has `<!-- place -->`. */
export function writePlace(place, text) {
  writeMarked(document, { begin: `<!-- ${place} -->`, end: END }, `\n${text}\n`);
}
