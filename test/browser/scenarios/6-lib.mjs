// What the scenarios 6x share: a page, and its workers of all kinds.
import { assert } from '../lib/scenario.mjs';

/** options are parameters of the page's URL; worker those of the worker's. */
export async function open6(test, { worker = {}, options = {} } = {}) {
  const browser = await test.sharedBrowser();
  const page = await browser.newPage(test.pageURL('/6-page.html', { worker: '/sw6-eval.js', ...options }));
  await page.evaluate((worker) => t.register(worker), worker);
  /** Calls a function in a realm: window, dedicated, shared or service. */
  const inRealm = (realm, code, ...args) =>
    realm === 'window' ? page.evaluate(code, ...args) : page.evaluate((...all) => inRealm(...all), realm, String(code), args);
  return { browser, page, inRealm };
}

/** Nothing of a background fetch is stored, and the manager knows of none. */
export async function nothingStored(page) {
  assert.deepEqual(await page.evaluate(async () => (await t.site()).backgroundFetch.getIds()), []);
  assert.ok(await page.evaluate(() => t.storageIsEmpty()), 'nothing is stored');
}
