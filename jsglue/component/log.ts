/**
 * <background-fetch-log scope="…">: what the program did, for developers. It asks
 * for nothing until it is opened.
 */

import { requestOf } from '../page/exchange';
import { bodyOf } from '../shared/errors';
import type { ExportedLog, Log } from '../shared/listings';
import type { LogEntry } from '../shared/log';
import { fromWire } from '../shared/wire-text';
import type { BackgroundFetchLogElement } from './elements';
import { Format } from './format';
import { Base, h, setText } from './html';
import { registrationOf } from './registration';
import { STYLE } from './style';

const LOOK_MS = 1000;
/** The last entries are shown, all are exported. */
const MAX_ROWS = 400;

export class BackgroundFetchLog extends Base implements BackgroundFetchLogElement {
  #details: HTMLDetailsElement;
  #storage = h('span');
  #body = h('table');
  #timer: ReturnType<typeof setInterval> | undefined;
  /** What is shown. */
  #text = '';

  constructor() {
    super();
    const save = h('button', { type: 'button', part: 'button' }, 'Export as JSON');
    save.addEventListener('click', () => void this.#save().catch((error) => setText(this.#storage, String(error))));
    const scroll = h('div', { class: 'scroll', part: 'table', tabindex: '0', role: 'region', 'aria-label': 'Log' }, this.#body);
    this.#details = h(
      'details',
      { part: 'log', lang: 'en', dir: 'ltr' },
      h('summary', { part: 'summary' }, 'Log for developers'),
      h('div', { class: 'tools' }, save, this.#storage),
      scroll,
    );
    this.#details.addEventListener('toggle', () => this.#toggle());
    const root = this.attachShadow({ mode: 'open' });
    root.adoptedStyleSheets = [STYLE()];
    root.append(this.#details);
  }

  disconnectedCallback(): void {
    clearInterval(this.#timer);
  }

  connectedCallback(): void {
    this.#toggle();
  }

  /** All there is, as it is exported. */
  async read(): Promise<ExportedLog> {
    const registration = await registrationOf(this.getAttribute('scope') ?? '');
    if (!registration) throw new TypeError('There is no service worker registration.');
    const log = bodyOf<Log>(await requestOf(registration, 'GET', 'log'));
    const storage = await navigator.storage?.estimate?.();
    return { exported: Date.now(), scope: registration.scope, userAgent: navigator.userAgent, storage, ...log };
  }

  #toggle(): void {
    clearInterval(this.#timer);
    if (!this.#details.open) return;
    const look = (): void => {
      if (!document.hidden) this.#look().catch((error) => setText(this.#storage, String(error)));
    };
    look();
    this.#timer = setInterval(look, LOOK_MS);
  }

  async #look(): Promise<void> {
    const log = await this.read();
    const format = new Format(undefined);
    const { usage, quota } = log.storage ?? {};
    const stored = `${format.bytes(log.stored)} under way`;
    const used =
      usage === undefined || quota === undefined ? '' : `, ${format.bytes(usage)} of ${format.bytes(quota)} used by this origin`;
    setText(this.#storage, `Stored: ${stored}${used}`);
    const text = JSON.stringify(log.runs);
    if (text === this.#text) return;
    this.#text = text;
    this.#body.replaceChildren(...table(log));
  }

  async #save(): Promise<void> {
    const log = await this.read();
    const blob = new Blob([JSON.stringify(log, null, 1)], { type: 'application/json' });
    const href = URL.createObjectURL(blob);
    const name = `background-fetch-log-${new Date(log.exported).toISOString().replaceAll(':', '-')}.json`;
    h('a', { href, download: name }).click();
    setTimeout(() => URL.revokeObjectURL(href), 60_000);
  }
}

/** The last run first, and in each the last entry. */
function table({ runs }: Log): Node[] {
  const columns = ['Time', 'Event', 'Id', 'Detail'].map((text) => h('th', { scope: 'col' }, text));
  const head = h('thead', {}, h('tr', {}, ...columns));
  const bodies: Node[] = [];
  let left = MAX_ROWS;
  for (const { number, started, dropped, entries } of [...runs].reverse()) {
    if (left <= 0) break;
    const heading = `Run ${number || ''} of the program, since ${new Date(started).toLocaleString()}`;
    const rows = entries.slice(-left).reverse().map(row);
    left -= rows.length;
    if (dropped) rows.push(h('tr', {}, h('td', { colspan: '4' }, `${dropped} earlier entries are gone`)));
    bodies.push(h('tbody', {}, h('tr', {}, h('th', { colspan: '4', scope: 'rowgroup' }, heading)), ...rows));
  }
  return [head, ...bodies];
}

function row({ at, event, id = '', record, url, range, status, detail }: LogEntry): HTMLTableRowElement {
  const facts = [record === undefined ? '' : `#${record}`, status || '', range, detail, url].filter((fact) => fact);
  const time = `${new Date(at).toLocaleTimeString(undefined, { hour12: false })}.${String(at % 1000).padStart(3, '0')}`;
  const cells = [time, event, fromWire(id), facts.join(' · ')];
  return h('tr', {}, ...cells.map((text) => h('td', {}, text)));
}
