// A plot of docs/performance.md: time against file size, number of records and
// number of background fetches, both axes logarithmic.
import fs from 'node:fs';
import path from 'node:path';
import { root } from '../browser/lib/server.mjs';
import { times } from './rows.mjs';
import { NAMES } from './tables.mjs';
import { works } from './works.mjs';

const panels = [
  { curve: 'size', title: 'one file, MB' },
  { curve: 'records', title: 'records of 1 kB' },
  { curve: 'fetches', title: 'background fetches of 100 kB' },
];
export const colors = { chromium: '#2f6fd0', firefox: '#e0662c', webkit: '#2b9a66' };

const WIDTH = 300;
const HEIGHT = 240;
const LEFT = 56;
const TOP = 44;
const BOTTOM = 48;

/** A logarithmic scale from [low, high] to [start, end]. */
export const scale = (low, high, start, end) => (value) =>
  start + ((Math.log(value) - Math.log(low)) / (Math.log(high) - Math.log(low))) * (end - start);

export const text = (x, y, content, more = '') => `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}" ${more}>${content}</text>`;

function panel({ curve, title }, index, points, [low, high]) {
  const left = LEFT + index * (WIDTH + 24);
  const mine = points.filter((point) => point.curve === curve);
  const ticks = [...new Set(works.filter((work) => work.curve === curve).map((work) => work.x))];
  const x = scale(ticks[0], ticks.at(-1), left + 12, left + WIDTH - 12);
  const y = scale(low, high, TOP + HEIGHT, TOP);
  const parts = [`<rect x="${left}" y="${TOP}" width="${WIDTH}" height="${HEIGHT}" fill="none" stroke="#999"/>`];
  for (let decade = low; decade <= high; decade *= 10) {
    parts.push(`<path d="M${left} ${y(decade).toFixed(1)}h${WIDTH}" stroke="#ddd"/>`);
    if (index === 0) parts.push(text(left - 6, y(decade) + 4, `${decade} s`, 'text-anchor="end"'));
  }
  for (const tick of ticks) parts.push(text(x(tick), TOP + HEIGHT + 16, tick.toLocaleString('en'), 'text-anchor="middle"'));
  parts.push(text(left + WIDTH / 2, TOP + HEIGHT + 36, title, 'text-anchor="middle"'));
  for (const [browser, color] of Object.entries(colors)) {
    const line = mine.filter((point) => point.browser === browser).sort((a, b) => a.x - b.x);
    const at = line.map((point) => `${x(point.x).toFixed(1)} ${y(point.ms / 1000).toFixed(1)}`);
    if (at.length) parts.push(`<path d="M${at.join('L')}" fill="none" stroke="${color}" stroke-width="2"/>`);
    for (const point of line) {
      parts.push(
        `<circle cx="${x(point.x).toFixed(1)}" cy="${y(point.ms / 1000).toFixed(1)}" r="3" fill="${color}"><title>${NAMES[browser]}: ${(point.ms / 1000).toFixed(3)} s</title></circle>`,
      );
    }
  }
  return parts.join('\n');
}

/** Writes docs/performance.svg. */
export function writePlot({ samples, browsers }) {
  const points = times(samples, Object.keys(browsers))
    .filter(({ way }) => way === 'ours')
    .map((point) => ({ ...point, ...works.find(({ name }) => name === point.work) }))
    .filter(({ curve }) => curve);
  if (points.length === 0) return;
  const all = points.map(({ ms }) => ms / 1000);
  const decades = [10 ** Math.floor(Math.log10(Math.min(...all))), 10 ** Math.ceil(Math.log10(Math.max(...all)))];
  const width = LEFT + panels.length * (WIDTH + 24);
  const legend = Object.entries(colors).map(([browser, color], i) => {
    const left = LEFT + i * 110;
    return `<path d="M${left} 20h20" stroke="${color}" stroke-width="2"/>${text(left + 26, 24, NAMES[browser])}`;
  });
  const svg = [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${TOP + HEIGHT + BOTTOM}" font-family="sans-serif" font-size="12" fill="#333">`,
    '<title>Time until all is stored, against the size of the work</title>',
    '<rect width="100%" height="100%" fill="#fff"/>',
    ...legend,
    ...panels.map((one, index) => panel(one, index, points, decades)),
    '</svg>\n',
  ];
  fs.writeFileSync(path.join(root, 'docs/performance.svg'), svg.join('\n'));
}
