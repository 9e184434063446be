/** What a page has beyond globals.d.ts: what page.js reads when it runs. */

import type { InstallOptions } from '../page/options';
import './globals';

declare global {
  /** What `backgroundFetchOptions` may say. A project that has types of page and worker in one gets those of both. */
  interface BackgroundFetchScriptOptions extends InstallOptions {}

  /** For `page.js`, before it runs. */
  var backgroundFetchOptions: BackgroundFetchScriptOptions | undefined;
}
