// The network as it is, for people: in the terminal and in docs/performance.md.
import { linksDefinitions, linkTimes, rangesDefinitions } from './network-rows.mjs';
import { breaksText, links, NETWORK, NETWORK_WAYS } from './network-works.mjs';
import { rowsOf } from './rows.mjs';
import {
  failureLines,
  headline,
  LEGEND,
  loadText,
  markdown,
  measured,
  NAMES,
  padded,
  ratioTable,
  seconds,
  writePlace,
} from './tables.mjs';

const PLACE = 'Written by ./build.sh bench --only links,ranges';
const MB = 1e6;

/** Rows of both measures, for a comparison, too. */
export const networkRows = (results) => rowsOf(...measured(results), [...rangesDefinitions, ...linksDefinitions]);

/** What each link is. */
function linkTable() {
  const rate = (bytes) => `${Number(((bytes * 8) / MB).toPrecision(3))} Mbit/s`;
  return [
    ['', 'one connection', 'all together', 'before each answer', 'file', 'all connections break'],
    ...links.map((link) => [
      link.title,
      rate(link.rate),
      rate(link.link),
      `${link.delay} ms`,
      `${link.size / MB} MB`,
      breaksText(link),
    ]),
  ];
}

/** [[heading, ...], row, ...] of one figure of all links, browsers and ways. */
function timesTable(results, cell) {
  const list = linkTimes(...measured(results));
  const table = [['', 'browser', ...Object.values(NETWORK_WAYS)]];
  for (const { name, title } of links) {
    for (const browser of Object.keys(results.browsers)) {
      const of = list.filter((one) => one.work === name && one.browser === browser);
      if (of.length === 0) continue;
      const found = (way) => of.find((one) => one.way === way);
      table.push([title, NAMES[browser], ...Object.keys(NETWORK_WAYS).map((way) => (found(way) ? cell(found(way)) : ''))]);
    }
  }
  return table;
}

const TIMES = 'Time until all is stored, and in brackets until a player has the first byte:';
const timeCell = ({ ms, first }) => `${seconds(ms)} (${seconds(first)})`;
const TWICE = 'MB sent twice, and in brackets how long a small request of the page waits meanwhile:';
const twiceCell = ({ twice, wait }) => `${(twice / MB).toFixed(1)} (${wait.toFixed(0)} ms)`;

/** [heading or undefined, table] of what was measured. */
function tables(results) {
  return [
    [TIMES, timesTable(results, timeCell)],
    [TWICE, timesTable(results, twiceCell)],
    ['As ratios, and several ranges where each connection is limited:', ratioTable(results, networkRows(results))],
  ].filter(([, table]) => table.length > 1);
}

const ours = (measure) => measure in NETWORK;
const failures = (results) => failureLines(results, ours);

/** For the terminal; "" if none of it was measured. */
export function networkText(results) {
  const parts = tables(results).map(([heading, table]) => `${heading}\n\n${padded(table)}`);
  const failed = failures(results);
  if (failed.length) parts.push(`Could not be measured:\n${failed.join('\n')}`);
  return parts.join('\n\n');
}

/** Writes its place in docs/performance.md. */
export function writeNetwork(results) {
  const failed = failures(results);
  const parts = [
    `${headline(results, ours)} ${loadText(results)}`,
    markdown(linkTable()),
    '![Time until all is stored, and until a player has the first byte, on five links](performance-links.svg)',
    ...tables(results).flatMap(([heading, table]) => [heading, markdown(table)]),
    LEGEND,
  ];
  if (failed.length) parts.push('Could not be measured:', failed.map((line) => `- ${line}`).join('\n'));
  writePlace(PLACE, parts.join('\n\n'));
}
