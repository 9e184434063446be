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
  if (downloadTotal <= ((await room()) ?? NO_DISK)) return;
  throw namedError('QuotaExceededError', `There is no room for a downloadTotal of ${downloadTotal} bytes.`);
}

/** How many bytes more this origin may store, null where the browser does not tell. */
export async function room(): Promise<number | null> {
  const { quota, usage = 0 } = await estimate();
  return quota === undefined ? null : Math.max(0, quota - usage);
}

/** estimate() is missing in WebKitGTK, and rejects for some origins. */
export async function estimate(): Promise<StorageEstimate> {
  try {
    return (await navigator.storage?.estimate?.()) ?? {};
  } catch {
    return {};
  }
}
