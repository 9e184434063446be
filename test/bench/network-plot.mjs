// A plot of docs/performance.md: for each link and way, when all is stored and when a player has the
// first byte. It is narrow, so that a phone shows it, and on white, so that it is the same in the dark.
import fs from 'node:fs';
import path from 'node:path';
import { root } from '../browser/lib/server.mjs';
import { linkTimes } from './network-rows.mjs';
import { links, NETWORK_WAYS } from './network-works.mjs';
import { colors, scale, text } from './plot.mjs';
import { measured, NAMES, seconds } from './tables.mjs';

const WIDTH = 460;
const LEFT = 150;
const RIGHT = 24;
const TOP = 78;
const HEADING = 26;
const LINE = 18;

const decadeText = (decade) => (decade < 1 ? `${1000 * decade} ms` : `${decade} s`);

/** The lines of the plot from top to bottom: {heading} or {work, way}. Ways in which nothing was measured have none. */
export function linesOf(points) {
  return links.flatMap(({ name, title }) => {
    const ways = Object.keys(NETWORK_WAYS).filter((way) => points.some((point) => point.work === name && point.way === way));
    return ways.length > 0 ? [{ heading: title }, ...ways.map((way) => ({ work: name, way }))] : [];
  });
}

/** The decades, in seconds, between which all figures are. */
export function decadesOf(points) {
  const all = points.flatMap(({ ms, first }) => [ms / 1000, first / 1000]);
  return [10 ** Math.floor(Math.log10(Math.min(...all))), 10 ** Math.ceil(Math.log10(Math.max(...all)))];
}

/** The dots of a browser in a line: the end is filled; where a player has a byte before, that is a ring. */
function dots(point, x, y) {
  const color = colors[point.browser];
  const dot = (ms, fill, what) =>
    `<circle cx="${x(ms / 1000).toFixed(1)}" cy="${y}" r="4" fill="${fill}" stroke="${color}" stroke-width="1.5"><title>${NAMES[point.browser]}: ${what} after ${seconds(ms)}</title></circle>`;
  const parts = [dot(point.ms, color, 'all is stored')];
  if (point.first < point.ms) {
    const line = `<path d="M${x(point.first / 1000).toFixed(1)} ${y}H${x(point.ms / 1000).toFixed(1)}" stroke="${color}" stroke-width="1"/>`;
    parts.unshift(line, dot(point.first, '#fff', 'a player has the first byte'));
  }
  return parts;
}

/** The plot as text of SVG. */
export function linksPlot(points) {
  const [low, high] = decadesOf(points);
  const x = scale(low, high, LEFT, WIDTH - RIGHT);
  const parts = [];
  let y = TOP;
  for (const { heading, work, way } of linesOf(points)) {
    y += heading ? HEADING : LINE;
    if (heading) {
      parts.push(text(8, y, heading, 'font-weight="bold"'));
      continue;
    }
    parts.push(text(LEFT - 10, y, NETWORK_WAYS[way], 'text-anchor="end"'));
    // Each browser a little lower than the one before, so that none hides another.
    for (const [index, browser] of Object.keys(colors).entries()) {
      const point = points.find((one) => one.work === work && one.way === way && one.browser === browser);
      if (point) parts.push(...dots(point, x, y - 8 + 4 * index));
    }
  }
  const bottom = y + 14;
  const grid = [];
  for (let decade = low; decade <= high * 1.001; decade *= 10) {
    grid.push(`<path d="M${x(decade).toFixed(1)} ${TOP}V${bottom}" stroke="#ddd"/>`);
    grid.push(text(x(decade), TOP - 6, decadeText(decade), 'text-anchor="middle"'));
  }
  const legend = Object.entries(colors).map(
    ([browser, color], index) =>
      `<circle cx="${14 + 110 * index}" cy="18" r="4" fill="${color}"/>${text(24 + 110 * index, 22, NAMES[browser])}`,
  );
  legend.push('<circle cx="14" cy="40" r="4" fill="#333"/>', text(24, 44, 'all is stored'));
  legend.push(
    '<circle cx="124" cy="40" r="4" fill="#fff" stroke="#333" stroke-width="1.5"/>',
    text(134, 44, 'a player has the first byte'),
  );
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${bottom + 8}" font-family="sans-serif" font-size="13" fill="#333">`,
    '<title>Time until all is stored, and until a player has the first byte, on five links</title>',
    '<rect width="100%" height="100%" fill="#fff"/>',
    ...legend,
    ...grid,
    ...parts,
    '</svg>\n',
  ].join('\n');
}

/** Writes docs/performance-links.svg. */
export function writeLinksPlot(results) {
  const points = linkTimes(...measured(results));
  if (points.length > 0) fs.writeFileSync(path.join(root, 'docs/performance-links.svg'), linksPlot(points));
}
