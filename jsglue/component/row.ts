/** One background fetch in the list, or one group of them: made once, and then kept up to date. */

import type { Listing } from '../shared/listings';
import type { Texts } from '../shared/texts';
import { fromWire } from '../shared/wire-text';
import { h, setParts, setText } from './html';
import {
  type Action,
  actionsOf,
  amountText,
  doneOf,
  isEnded,
  isGroup,
  nameOf,
  partOf,
  stateOf,
  stateText,
  type Wording,
} from './listing';
import { Rate } from './rate';
import type { File } from './source';
import { fill, formFor } from './texts';

export interface RowContext extends Wording {
  act(action: Action, listing: Listing): void;
  /** What the paths of links are relative to. */
  base(): string;
  files(listing: Listing): Promise<File[]>;
}

/** The text of speed and time left changes no more often. */
const PACE_MS = 500;
const MAX_TITLE = 300;
/** Files that cannot be had yet are looked for so often. */
const FILES_MS = 2000;
/** States that a screen reader tells of. */
const ANNOUNCED = ['paused', 'waiting-online', 'waiting-unmetered', 'success', 'failure'];

let rows = 0;

export class Row {
  readonly element: HTMLLIElement;
  listing!: Listing;
  #context: RowContext;
  #rate = new Rate();
  /** The state at the last announcement. */
  #announced: string | undefined;
  #pacedAt = 0;
  #icon = h('div', { class: 'icon', part: 'icon', 'aria-hidden': 'true' });
  #iconURL: string | undefined;
  #title: HTMLElement;
  #titleId = `title${++rows}`;
  #meta = h('div', { class: 'meta', part: 'meta' });
  #fill = h('div', { class: 'fill', part: 'fill' });
  #bar = h('div', { class: 'bar', part: 'bar', role: 'progressbar', 'aria-labelledby': this.#titleId }, this.#fill);
  #amount = h('span', { class: 'amount', part: 'amount', dir: 'auto' });
  #state = h('span', { class: 'state', part: 'state', dir: 'auto' });
  #detail = h('div', { class: 'detail', part: 'detail', dir: 'auto', lang: 'en' });
  #save = h('a', {
    referrerpolicy: 'same-origin',
    class: 'button',
    part: 'button save',
    id: `${this.#titleId}s`,
    'aria-labelledby': `${this.#titleId}s ${this.#titleId}`,
  });
  #files = h('ul', { class: 'files', part: 'files' });
  #filesCount = h('bdi');
  #filesBox = h('details', { part: 'detail', hidden: '' }, h('summary', {}, this.#filesCount), this.#files);
  /** The rows of those of a group are in this one. */
  readonly members = h('ul', { part: 'list', role: 'list' });
  #membersCount = h('bdi');
  #membersBox = h('details', { part: 'group', class: 'group', hidden: '' }, h('summary', {}, this.#membersCount), this.members);
  #actions = h('div', { class: 'actions', part: 'actions' }, this.#save);
  /** Some of the files cannot be had yet; and when that was asked last. */
  #filesMissing = false;
  #filesAt = 0;
  #buttons: { button: HTMLButtonElement; action: Action | undefined }[] = [];

  constructor(context: RowContext) {
    this.#context = context;
    this.#title = h('div', { class: 'title', part: 'title', id: this.#titleId, dir: 'auto' });
    const facts = h('div', { class: 'facts' }, this.#amount, this.#state);
    const main = h('div', { class: 'main' }, this.#title, this.#meta, this.#bar, facts, this.#detail, this.#filesBox);
    this.#filesBox.addEventListener('toggle', () => void this.#showFiles().catch(() => {}));
    this.element = h('li', { class: 'item', part: 'item' }, this.#icon, main, this.#actions, this.#membersBox);
  }

  show(listing: Listing): void {
    this.listing = listing;
    const { format, texts } = this.#context;
    const name = nameOf(listing);
    setText(this.#title, name.length > MAX_TITLE ? `${name.slice(0, MAX_TITLE)}…` : name);
    const ended = isEnded(listing);
    const meta = [new URL(listing.url).host];
    const readable = listing.records > 1 && (!ended || listing.kept === true);
    const gone = (isEnded(listing) && listing.gone) || 0;
    const files = this.#counted(texts.files, listing.records - gone);
    if (listing.records > 1 && !readable) meta.push(files);
    if (ended && listing.group) meta.unshift(fromWire(listing.group));
    if (ended) meta.push(format.time(listing.ended));
    const members = isGroup(listing) ? listing.members.length : 0;
    this.#membersBox.hidden = members === 0;
    setText(this.#membersCount, this.#counted(texts.members, members));
    setParts(this.#meta, meta);
    setText(this.#filesCount, files);
    this.#filesBox.hidden = !readable;
    if (this.#filesMissing && Date.now() - this.#filesAt > FILES_MS) void this.#showFiles().catch(() => {});
    this.#save.hidden = !listing.savable;
    const what = listing.records > 1 ? 'zip' : 'records/0/body?download';
    this.#save.href = `${this.#context.base()}fetches/${listing.uniqueId}/${what}`;
    setText(this.#save, texts.save);
    setText(this.#detail, listing.detail ?? '');
    this.#showIcon(listing.icon);
    this.#showProgress(ended);
    this.#showButtons(actionsOf(listing));
    this.tick();
  }

  /** So many of them. */
  #counted(text: Texts['files'], n: number): string {
    const { format } = this.#context;
    return fill(formFor(text, n, format.language), format.count(n));
  }

  /** What changes with time alone. */
  tick(): void {
    const { listing } = this;
    this.element.dataset.state = isEnded(listing) ? listing.result : stateOf(listing);
    const running = stateOf(listing) === 'running';
    if (!running) this.#rate.clear();
    const now = Date.now();
    // So that the figures can be read.
    if (running && now - this.#pacedAt < PACE_MS) return;
    this.#pacedAt = now;
    if (running) this.#rate.add(doneOf(listing), now);
    setText(this.#state, this.#stateText(now));
  }

  /**
   * What a screen reader says, once for each change that is worth it, else "".
   * `before` is the row that it takes the place of.
   */
  announcement(before?: Row): string {
    const was = this.#announced ?? (before && before.#announced);
    const state = this.element.dataset.state!;
    this.#announced = state;
    if (was === undefined || was === state) return '';
    const text = ANNOUNCED.includes(state) ? this.#stateText(Date.now()) : was === 'paused' ? this.#context.texts.goesOn : '';
    return text && `${this.#title.textContent}: ${text}`;
  }

  #stateText(now: number): string {
    return stateText(this.listing, this.#context, now, this.#rate.perSecond());
  }

  #showIcon(url: string | undefined): void {
    if (url === this.#iconURL) return;
    this.#iconURL = url;
    this.#icon.replaceChildren();
    if (!url || !/^(https?|data|blob):/.test(url)) return;
    const image = h('img', { src: url, alt: '', referrerpolicy: 'no-referrer', decoding: 'async' });
    // The place stays as it is, with the sign that stands for any download.
    image.addEventListener('error', () => image.remove());
    this.#icon.append(image);
  }

  #showProgress(ended: boolean): void {
    const { total } = this.listing;
    this.#bar.hidden = ended;
    const part = partOf(this.listing);
    this.element.classList.toggle('unknown', total === 0);
    this.#fill.style.inlineSize = `${(part * 100).toFixed(2)}%`;
    setText(this.#amount, amountText(this.listing, this.#context));
    if (total > 0) this.#bar.setAttribute('aria-valuenow', String(Math.floor(part * 100)));
    else this.#bar.removeAttribute('aria-valuenow');
    this.#bar.setAttribute('aria-valuetext', this.#amount.textContent ?? '');
  }

  /** The files of several, each a link once it can be had. */
  async #showFiles(): Promise<void> {
    if (!this.#filesBox.open) return;
    this.#filesAt = Date.now();
    this.#filesMissing = true; // also where they cannot be had
    const files = await this.#context.files(this.listing);
    const here = files.filter(({ href }) => href).length;
    this.#filesMissing = here < files.length;
    if (this.#filesBox.dataset.here === String(here)) return;
    this.#filesBox.dataset.here = String(here);
    const items = files.map(({ name, href }) =>
      h('li', { dir: 'auto' }, href ? h('a', { href, referrerpolicy: 'same-origin' }, name) : name),
    );
    this.#files.replaceChildren(...items);
  }

  /** A button stays the same element when its action changes: it may have the focus. */
  #showButtons(actions: Action[]): void {
    while (this.#buttons.length > actions.length) this.#buttons.pop()!.button.remove();
    while (this.#buttons.length < actions.length) this.#addButton();
    for (const [i, action] of actions.entries()) {
      const entry = this.#buttons[i]!;
      setText(entry.button, this.#context.texts[action]);
      if (entry.action === action) continue;
      entry.action = action;
      entry.button.setAttribute('part', `button ${action}`);
    }
  }

  #addButton(): void {
    const id = `${this.#titleId}b${this.#buttons.length}`;
    const button = h('button', { type: 'button', id, 'aria-labelledby': `${id} ${this.#titleId}` });
    const entry = { button, action: undefined as Action | undefined };
    button.addEventListener('click', () => entry.action && this.#context.act(entry.action, this.listing));
    this.#buttons.push(entry);
    this.#actions.append(button);
  }
}
