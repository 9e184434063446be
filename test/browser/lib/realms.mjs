// A page, and its workers of all kinds: the realms in which there is a manager.
import { assert } from './scenario.mjs';

/** options are parameters of the page's URL; worker those of the worker's. */
export async function openRealms(test, { worker = {}, options = {} } = {}) {
  const browser = await test.sharedBrowser();
  const page = await browser.newPage(test.pageURL('/realms.html', { worker: '/sw-realms.js', ...options }));
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
