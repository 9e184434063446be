/** Defines <background-fetch-list> and <background-fetch-log>: a classic script or a module. */

export type { ExportedLog } from '../shared/listings';
export type { PluralText, Texts } from '../shared/texts';
export type { BackgroundFetchListElement, BackgroundFetchLogElement } from './elements';

import { BackgroundFetchList } from './list';
import { BackgroundFetchLog } from './log';

const registry = globalThis.customElements as CustomElementRegistry | undefined;
for (const [name, element] of [
  ['background-fetch-list', BackgroundFetchList],
  ['background-fetch-log', BackgroundFetchLog],
] as const) {
  if (!registry?.get(name)) registry?.define(name, element);
}
