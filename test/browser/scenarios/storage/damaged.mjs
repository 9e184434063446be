// A database that the browser cannot open any more. WebKit leaves one when it is killed while it makes it.
import fs from 'node:fs';
import path from 'node:path';
import { assert, MiB, scenario } from '../../lib/scenario.mjs';

/** The files of IndexedDB in a profile, by browser. */
const FILES = {
  chromium: /\/IndexedDB\/.*\.leveldb\//,
  firefox: /\/idb\/.*\.sqlite/,
  webkit: /\/indexeddb\/.*\.sqlite3/,
};

/** Overwrites what the browser, which does not run, has in IndexedDB. */
function damage(test, profileDir) {
  const all = fs.readdirSync(profileDir, { recursive: true }).map((name) => path.join(profileDir, name));
  const files = all.filter((name) => FILES[test.driver.name].test(name) && fs.statSync(name).isFile());
  assert.ok(files.length > 0, 'there are no files of IndexedDB');
  for (const file of files) fs.writeFileSync(file, 'This is no database.'.repeat(1000));
}

/** Kills the browser, damages its databases, and opens a page in the next one. */
async function reopenDamaged(test, browser) {
  await browser.kill();
  damage(test, browser.profileDir);
  const next = await test.launch({ profileDir: browser.profileDir });
  return { browser: next, page: await next.newPage(test.pageURL()) };
}

scenario('storage: a damaged database is made anew when no body is stored', { timeout: 90_000 }, async (test) => {
  const opened = await test.open({ own: true });
  const file = test.resource({ size: MiB });
  await opened.page.evaluate((url) => t.startFetch('before', url), file.url);
  await opened.page.evaluate(() => t.waitForResult('before', 20_000));
  await opened.page.waitFor('the storage to be empty', 10_000, () => t.storageIsEmpty());

  const { page } = await reopenDamaged(test, opened.browser);
  await page.evaluate((url) => t.startFetch('after', url), file.url);
  assert.equal((await page.evaluate(() => t.waitForResult('after', 20_000))).result, 'success');
  assert.deepEqual(await page.evaluate(async () => (await t.site()).backgroundFetch.getIds()), []);
});

// Chromium and Firefox make such a database anew by themselves.
scenario('storage: a damaged database with bodies is told, and unregister() heals it', { browsers: ['webkit'] }, async (test) => {
  const opened = await test.open({ own: true });
  const file = test.resource({ size: 20 * MiB, rate: 2 * MiB });
  await opened.page.evaluate((url) => t.startFetch('half', url), file.url);
  await opened.page.evaluate((bytes) => t.waitForDownloaded('half', bytes), 2 * MiB);

  const { page } = await reopenDamaged(test, opened.browser);
  const start = (id) => page.evaluate((id, url) => t.rejection(() => t.startFetch(id, url)), id, file.url);
  assert.match((await start('refused')).message, /cannot open its database.*Unable to open database file/);
  assert.equal((await page.evaluate(() => t.listStorage())).caches.length, 1, 'nothing is deleted');

  await page.evaluate(async () => {
    await (await navigator.serviceWorker.getRegistration()).unregister();
    await t.register();
  });
  await page.waitFor('a worker', 20_000, async () => !!(await navigator.serviceWorker.getRegistration())?.active);
  assert.equal(await start('again'), null);
});
