/** Defines <background-fetch-list> and <background-fetch-log>: a classic script or a module. */

export type { PluralText, Texts } from '../shared/texts';

import { BackgroundFetchList } from './list';
import { BackgroundFetchLog } from './log';

for (const [name, element] of [
  ['background-fetch-list', BackgroundFetchList],
  ['background-fetch-log', BackgroundFetchLog],
] as const) {
  if (!customElements.get(name)) customElements.define(name, element);
}
