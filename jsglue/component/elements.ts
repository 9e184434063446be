/** What sites see of the elements. Types only; the classes implement them. */

import type { ExportedLog } from '../shared/listings';
import type { Texts } from '../shared/texts';

/** `<background-fetch-list>` */
export interface BackgroundFetchListElement extends HTMLElement {
  /** What it says. Set those that are to be others; a wrong one is a TypeError. */
  get texts(): Texts;
  set texts(texts: Partial<Texts>);
}

/** `<background-fetch-log>` */
export interface BackgroundFetchLogElement extends HTMLElement {
  /** All there is, as it is exported. */
  read(): Promise<ExportedLog>;
}

declare global {
  interface HTMLElementTagNameMap {
    'background-fetch-list': BackgroundFetchListElement;
    'background-fetch-log': BackgroundFetchLogElement;
  }
}
