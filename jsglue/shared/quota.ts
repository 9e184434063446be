/** Whether there is room for a background fetch, as far as can be told before it. */

import { namedError } from './errors';

/** Where the browser gives no estimate: more than any disk has (a pebibyte). */
const NO_DISK = 2 ** 50;

/**
 * Rejects with QuotaExceededError when a download total that the site gave does
 * not fit in what is left for this origin.
 * Source: https://wicg.github.io/background-fetch/#dom-backgroundfetchmanager-fetch
 */
export async function checkQuota(downloadTotal: number): Promise<void> {
  if (downloadTotal === 0) return;
  const { quota = NO_DISK, usage = 0 } = await estimate();
  if (downloadTotal <= quota - usage) return;
  throw namedError('QuotaExceededError', `There is no room for a downloadTotal of ${downloadTotal} bytes.`);
}

/** estimate() is missing in WebKitGTK, and rejects for some origins. */
async function estimate(): Promise<StorageEstimate> {
  try {
    return (await navigator.storage?.estimate?.()) ?? {};
  } catch {
    return {};
  }
}
