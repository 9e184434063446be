// The list of what happened: what the page did, what the worker said, and every
// request that the server saw.

import * as format from './format.js';
import { startOf } from './server.js';

const MAX_ROWS = 80;

const ENDINGS = {
  '': 'sending',
  complete: 'complete',
  cut: 'cut',
  broken: 'cut',
  stalled: 'stalled',
  truncated: 'ended early',
  refused: 'refused',
  'client-left': 'closed by the browser',
};

export class Activity {
  #list;
  #rows = new Map();

  constructor(list) {
    this.#list = list;
  }

  /** Adds a line of the page or the worker. */
  say(who, text) {
    const time = new Date();
    this.#row(`${who} ${time.getTime()} ${text}`, time, who).textContent = text;
    this.#trim();
  }

  /** Shows the server's log. A request that is under way changes its line. */
  showLog(log, titles) {
    for (const [name, entries] of Object.entries(log)) {
      for (const entry of folded(entries).slice(-MAX_ROWS)) {
        const text = this.#row(`${name} ${entry.time}`, new Date(entry.time), 'server');
        const line = describe(titles.get(name) ?? name, entry);
        if (text.textContent !== line) text.textContent = line;
        text.parentElement.dataset.outcome = entry.outcome || 'sending';
      }
    }
    this.#trim();
  }

  /** The element for the text of a row, made where its time belongs: newest first. */
  #row(key, time, who) {
    const known = this.#rows.get(key);
    if (known) return known.lastElementChild;
    const row = document.createElement('li');
    row.dataset.time = time.getTime();
    row.dataset.who = who;
    const clock = document.createElement('time');
    clock.textContent = format.clock(time);
    const actor = document.createElement('b');
    actor.textContent = who;
    const text = document.createElement('span');
    row.append(clock, actor, text);
    const older = [...this.#list.children].find((other) => Number(other.dataset.time) <= time.getTime());
    this.#list.insertBefore(row, older ?? null);
    this.#rows.set(key, row);
    return text;
  }

  /** #rows keeps what is removed here, so that the log does not bring it back. */
  #trim() {
    while (this.#list.children.length > MAX_ROWS) this.#list.lastElementChild.remove();
  }
}

/** The downloads among the entries; refusals in a row are one, with a count. */
function folded(entries) {
  const result = [];
  for (const entry of entries) {
    const last = result.at(-1);
    if (entry.method !== 'GET') continue;
    if (entry.outcome === 'refused' && last?.outcome === 'refused') last.times++;
    else result.push({ ...entry, times: 1 });
  }
  return result;
}

function describe(title, entry) {
  if (entry.outcome === 'refused') {
    return `${title}: refused${entry.times > 1 ? `, ${entry.times} times` : ''}; the server is stopped`;
  }
  if (entry.status >= 300) return `${title}: answered with ${entry.status}`;
  const start = startOf(entry);
  const from =
    start > 0
      ? `continued at byte ${format.exact(start)}`
      : entry.range
        ? 'from the first byte, by range'
        : 'from the first byte';
  return `${title}: ${from}; ${format.bytes(entry.bytesSent)} sent, ${ENDINGS[entry.outcome]}`;
}
