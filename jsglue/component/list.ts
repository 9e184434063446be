/**
 * <background-fetch-list scope="…">: what is under way and what has ended, live,
 * with pause, resume, abort, retry and remove. docs/list.md describes it.
 */

import type { Ended, Listing } from '../shared/listings';
import { Connection } from './connection';
import { Format } from './format';
import { h, setText } from './html';
import { type Action, grouped, isEnded, isGroup } from './listing';
import { Row } from './row';
import type { Shown, Source } from './source';
import { STYLE } from './style';
import { TEXTS, type Texts } from './texts';

/** Times that are counted down change so often. */
const TICK_MS = 1000;

export class BackgroundFetchList extends HTMLElement {
  static observedAttributes = ['scope'];

  #texts: Texts = TEXTS;
  #connection: Connection | null = null;
  #timer: ReturnType<typeof setInterval> | undefined;
  #rows = new Map<string, Row>();

  #active = h('ul', { part: 'list', role: 'list' });
  #ended = h('ul', { part: 'list', role: 'list' });
  #activeHeading = h('h2', { part: 'heading', id: 'active', tabindex: '-1' });
  #endedHeading = h('h2', { part: 'heading', id: 'ended', tabindex: '-1' });
  #empty = h('p', { part: 'empty', class: 'empty' });
  #clear = h('button', { part: 'button clear', type: 'button', 'aria-describedby': 'ended' });
  #endedSection: HTMLElement;
  #status = h('p', { class: 'hidden', role: 'status' });
  /** Whether the error is about the list itself. */
  #inTrouble = false;
  #error = h('p', { part: 'error', class: 'error', role: 'alert' });

  constructor() {
    super();
    this.#endedSection = h(
      'section',
      { 'aria-labelledby': 'ended' },
      h('div', { class: 'head' }, this.#endedHeading, this.#clear),
      this.#ended,
    );
    this.#clear.addEventListener('click', () => this.#do((source) => source.remove()));
    const active = h('section', { 'aria-labelledby': 'active' }, this.#activeHeading, this.#empty, this.#active);
    const root = this.attachShadow({ mode: 'open' });
    root.adoptedStyleSheets = [STYLE()];
    root.append(active, this.#endedSection, this.#error, this.#status);
    this.#showTexts();
    this.#show({ fetches: [], groups: [], ended: [] });
  }

  /** What it says; those that are left out are in English. */
  set texts(texts: Partial<Texts>) {
    this.#texts = { ...TEXTS, ...texts };
    this.#rows.clear();
    this.#active.replaceChildren();
    this.#ended.replaceChildren();
    this.#showTexts();
    if (this.isConnected) this.#connect();
  }
  get texts(): Texts {
    return this.#texts;
  }

  connectedCallback(): void {
    this.#connect();
  }

  disconnectedCallback(): void {
    this.#disconnect();
  }

  attributeChangedCallback(): void {
    if (this.isConnected) this.#connect();
  }

  #connect(): void {
    this.#disconnect();
    this.#timer = setInterval(() => this.#rows.forEach((row) => row.tick()), TICK_MS);
    this.#connection = new Connection(this.getAttribute('scope') ?? '', {
      found: () => {
        setText(this.#empty, this.#texts.nothing);
        this.#empty.hidden = true; // until it is known
      },
      missing: () => {
        this.#show({ fetches: [], groups: [], ended: [] });
        setText(this.#empty, this.#texts.noWorker);
      },
      show: (shown) => this.#show(shown),
      trouble: (error) => this.#showTrouble(error),
    });
  }

  #disconnect(): void {
    clearInterval(this.#timer);
    this.#connection?.close();
    this.#connection = null;
  }

  #showTexts(): void {
    setText(this.#activeHeading, this.#texts.active);
    setText(this.#endedHeading, this.#texts.ended);
    setText(this.#clear, this.#texts.clear);
    setText(this.#empty, this.#texts.nothing);
  }

  #show({ fetches, groups, ended }: Shown): void {
    const focused = this.shadowRoot!.activeElement;
    const before = new Map(this.#rows);
    this.#fill(this.#active, grouped(fetches, groups), before);
    this.#fill(this.#ended, ended, before);
    for (const [key, row] of before) {
      row.element.remove();
      this.#rows.delete(key);
    }
    this.#empty.hidden = fetches.length > 0;
    this.#endedSection.hidden = ended.length === 0;
    // Who presses a button by the keyboard must not be thrown out of the list.
    if (focused && !focused.isConnected) this.#activeHeading.focus();
  }

  /** Shows the listings in the list, in their order; takes out of `before` the rows that are still wanted. */
  #fill(list: HTMLElement, listings: (Listing | Ended)[], before: Map<string, Row>): void {
    let next = list.firstElementChild;
    for (const listing of listings) {
      const key = isEnded(listing) ? `ended ${listing.number}` : listing.uniqueId;
      let row = this.#rows.get(key);
      if (!row) this.#rows.set(key, (row = this.#makeRow()));
      row.show(listing);
      const announcement = row.announcement(this.#rows.get(listing.uniqueId));
      if (announcement) setText(this.#status, announcement);
      if (isGroup(listing)) this.#fill(row.members, listing.members, before);
      before.delete(key);
      if (row.element === next) next = next.nextElementSibling;
      else list.insertBefore(row.element, next);
    }
  }

  #makeRow(): Row {
    const language = this.closest('[lang]')?.getAttribute('lang') || undefined;
    const format = new Format(language);
    return new Row({
      format,
      texts: this.#texts,
      act: (action, listing) => this.#act(action, listing),
      base: () => this.#connection?.source?.base ?? '',
      files: async (listing) => (await this.#connection?.source?.files(listing)) ?? [],
    });
  }

  #act(action: Action, listing: Listing): void {
    void this.#do((source) => source[action](listing as Ended));
  }

  async #do(what: (source: Source) => Promise<unknown>): Promise<void> {
    setText(this.#error, '');
    try {
      const source = this.#connection?.source;
      if (source) await what(source);
    } catch (error) {
      this.#showError(error);
    }
  }

  /** An error for as long as it lasts; null when it is over. What came of a button stays. */
  #showTrouble(error: unknown): void {
    if (error === null && this.#inTrouble) setText(this.#error, '');
    if (error !== null) this.#showError(error);
    this.#inTrouble = error !== null;
  }

  #showError(error: unknown): void {
    this.#inTrouble = false;
    setText(this.#error, error instanceof Error ? error.message : String(error));
  }
}
