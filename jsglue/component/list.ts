/**
 * <background-fetch-list scope="…">: what is under way and what has ended, live,
 * with pause, resume, abort, retry and remove. docs/list.md describes it.
 */

import type { Ended, Listing } from '../shared/listings';
import { type Spoken, TEXTS, type Texts } from '../shared/texts';
import { browserLanguage, textsBeside } from './beside';
import { Connection } from './connection';
import type { BackgroundFetchListElement } from './elements';
import { Format } from './format';
import { Base, h, setText } from './html';
import { directionOf } from './language';
import { type Action, grouped, isEnded, isGroup } from './listing';
import { languageOf } from './place';
import { Row, type RowContext } from './row';
import type { Shown, Source } from './source';
import { STYLE } from './style';
import { checkTexts } from './texts';

/** Times that are counted down change so often. */
const TICK_MS = 1000;
/** Texts that could not be had are asked for again so often. */
const SPEAK_MS = 300_000;

const inEnglish = (lang: string): Spoken => ({ lang: lang || browserLanguage(), texts: {} });

export class BackgroundFetchList extends Base implements BackgroundFetchListElement {
  static observedAttributes = ['scope', 'lang', 'dir'];

  /** What the site says in place of our texts. */
  #own: Partial<Texts> = {};
  #spoken: Spoken = { lang: '', texts: {} };
  /** Where it is: languageOf(). */
  #place = { lang: 'none yet', directed: true };
  /** The language that was asked for when that came. */
  #heard: string | undefined;
  /** Who gives texts; null while that is not known. */
  #speaker: Source['texts'] | null = null;
  /** Counts what was asked for, so that what comes late for an earlier language is dropped. */
  #asked = 0;
  #again: ReturnType<typeof setTimeout> | undefined;
  /** Whoever changes the language of the page is followed. */
  #page = new MutationObserver(() => this.#move());
  /** What the rows are made with, whose language may change. */
  #context: RowContext = {
    format: new Format(undefined),
    texts: TEXTS,
    act: (action, listing) => this.#act(action, listing),
    base: () => this.#connection?.source?.base ?? '',
    files: async (listing) => (await this.#connection?.source?.files(listing)) ?? [],
  };
  #connection: Connection | null = null;
  #timer: ReturnType<typeof setInterval> | undefined;
  #rows = new Map<string, Row>();

  #active = h('ul', { part: 'list', role: 'list' });
  #ended = h('ul', { part: 'list', role: 'list' });
  #activeHeading = h('h2', { part: 'heading', id: 'active', tabindex: '-1' });
  #endedHeading = h('h2', { part: 'heading', id: 'ended', tabindex: '-1' });
  #empty = h('p', { part: 'empty', class: 'empty' });
  /** Why there are no rows. */
  #why: 'nothing' | 'noWorker' = 'nothing';
  #clear = h('button', { part: 'button clear', type: 'button', 'aria-describedby': 'ended' });
  #endedSection: HTMLElement;
  #status = h('p', { class: 'hidden', role: 'status' });
  /** Whether the error is about the list itself. */
  #inTrouble = false;
  #error = h('p', { part: 'error', class: 'error', role: 'alert', lang: 'en', dir: 'auto' });
  #all: HTMLElement;

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
    root.append((this.#all = h('div', { class: 'all' }, active, this.#endedSection, this.#error, this.#status)));
    this.#showTexts();
    this.#show({ fetches: [], groups: [], ended: [] });
  }

  /** What it says; of those that are left out, what it would say anyway. A wrong one is a TypeError. */
  set texts(texts: Partial<Texts>) {
    this.#own = { ...checkTexts(texts) };
    this.#showTexts();
  }
  get texts(): Texts {
    return this.#context.texts;
  }

  connectedCallback(): void {
    this.#connect();
  }

  disconnectedCallback(): void {
    this.#disconnect();
  }

  attributeChangedCallback(name: string): void {
    if (!this.isConnected) return;
    if (name === 'scope') this.#connect();
    else this.#move();
  }

  #connect(): void {
    this.#disconnect();
    this.#timer = setInterval(() => this.#rows.forEach((row) => row.tick()), TICK_MS);
    this.#page.observe(document.documentElement, { attributeFilter: ['lang', 'dir'] });
    this.#move();
    this.#connection = new Connection(this.getAttribute('scope') ?? '', {
      found: ({ texts }) => {
        this.#showEmpty('nothing');
        this.#empty.hidden = true; // until it is known
        void this.#speak(texts);
      },
      missing: () => {
        this.#show({ fetches: [], groups: [], ended: [] });
        this.#showEmpty('noWorker');
        if (!this.#speaker) void this.#speak(textsBeside);
      },
      show: (shown) => this.#show(shown),
      trouble: (error) => this.#showTrouble(error),
    });
  }

  #disconnect(): void {
    clearInterval(this.#timer);
    clearTimeout(this.#again);
    this.#page.disconnect();
    this.#connection?.close();
    this.#connection = null;
    this.#speaker = null;
  }

  /** Takes the language and the direction of where it is. */
  #move(): void {
    const place = languageOf(this);
    const { lang, directed } = this.#place;
    if (place.lang === lang && place.directed === directed) return;
    this.#place = place;
    if (!this.#speaker) return this.#say(inEnglish(place.lang));
    this.#say(this.#spoken); // whose direction may be another
    void this.#speak(this.#speaker);
  }

  /** Asks for the texts, and says what it said until they are there. */
  async #speak(speaker: Source['texts']): Promise<void> {
    clearTimeout(this.#again);
    this.#speaker = speaker;
    const asked = ++this.#asked;
    const { lang } = this.#place;
    const spoken = await speaker(lang).catch(() => null);
    if (asked !== this.#asked || speaker !== this.#speaker) return;
    if (spoken || lang !== this.#heard) this.#say(spoken ?? inEnglish(lang));
    this.#heard = lang;
    if (!spoken || spoken.missing) this.#again = setTimeout(() => void this.#speak(speaker), SPEAK_MS);
  }

  #say(spoken: Spoken): void {
    this.#spoken = spoken;
    if (this.#place.directed) this.#all.removeAttribute('dir');
    else this.#all.dir = directionOf(spoken.lang);
    this.#showTexts();
    this.dispatchEvent(new Event('languagechange'));
  }

  #showTexts(): void {
    const { lang, texts } = this.#spoken;
    const said = { ...(texts as Partial<Texts>), ...this.#own };
    this.#all.lang = Object.keys(said).length > 0 ? lang : 'en';
    this.#context.format = new Format(lang || undefined);
    this.#context.texts = { ...TEXTS, ...said };
    setText(this.#activeHeading, this.texts.active);
    setText(this.#endedHeading, this.texts.ended);
    setText(this.#clear, this.texts.clear);
    this.#showEmpty(this.#why);
    this.#rows.forEach((row) => row.show(row.listing));
  }

  #showEmpty(why: 'nothing' | 'noWorker'): void {
    this.#why = why;
    setText(this.#empty, this.texts[why]);
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
      if (!row) this.#rows.set(key, (row = new Row(this.#context)));
      row.show(listing);
      const announcement = row.announcement(this.#rows.get(listing.uniqueId));
      if (announcement) setText(this.#status, announcement);
      if (isGroup(listing)) this.#fill(row.members, listing.members, before);
      before.delete(key);
      if (row.element === next) next = next.nextElementSibling;
      else list.insertBefore(row.element, next);
    }
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
