/** What a site may say to the script in its page. Types only. */

import type { RetryOptions } from '../shared/retry';

/** Options of the page side, `globalThis.backgroundFetchOptions` for `page.js`. */
export interface InstallOptions {
  /**
   * "prefer", the default: where the browser has the API, touch nothing.
   * "never": use this implementation there, too.
   */
  native?: 'prefer' | 'never';
  /** The site's policy, for as long as there is no worker: the worker's own decides. */
  permission?: PermissionState;
  /** What fetch() in this page wants of retries, where its own options say nothing. */
  retry?: RetryOptions;
  /** Whether the console tells how background fetches of this page go, and performance.measure() how long they took. */
  debug?: boolean;
}
