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

// WebKit leaves one without object stores, for good, if there is no room while it is made.
scenario(
  'storage: a database that did not fit is made when there is room',
  { browsers: ['webkit'], timeout: 180_000 },
  async (test) => {
    const { browser, page } = await test.open({ own: true });
    const file = test.resource({ size: 1000 });
    const full = await page.evaluateFor(
      90_000,
      async (url) => {
        const cache = await caches.open('others');
        const sizes = [16 << 20, 100_000];
        for (const size of sizes) {
          try {
            for (let i = 0; ; i++) await cache.put(`/${size}/${i}`, new Response(new Blob([new Uint8Array(size)])));
          } catch {}
        }
        const full = await t.rejection(() => t.startFetch('full', url));
        for (const size of sizes) for (let i = 0; await cache.delete(`/${size}/${i}`); i++);
        return full;
      },
      file.url,
    );
    assert.equal(full?.name, 'QuotaExceededError', full?.message);

    // It counts what was deleted until it ends.
    await browser.kill();
    const next = await (await test.launch({ profileDir: browser.profileDir })).newPage(test.pageURL());
    await next.evaluate((url) => t.startFetch('again', url), file.url);
    assert.equal((await next.evaluate(() => t.waitForResult('again', 20_000))).result, 'success');
  },
);
