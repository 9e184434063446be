// Storage that fails, fills up, or is changed behind our back.
import { assert, gets, MiB, rangeStarts, scenario } from '../../lib/scenario.mjs';

scenario('storage: the quota is exceeded in mid-transfer', {}, async (test) => {
  const { page } = await test.open({ script: '/sw-quota.js', worker: { puts: 3 } });
  const file = test.resource({ size: 32 * MiB, link: 16 * MiB });
  await page.evaluate((url) => t.startFetch('large', url), file.url);
  const event = await test.settled(page, 'large', 'backgroundfetchfail');
  assert.equal(event.failureReason, 'quota-exceeded');
  assert.ok(event.records[0].error, 'nothing is exposed');
});

scenario('storage: writes that fail once, and a lost connection', {}, async (test) => {
  const { page } = await test.open({ script: '/sw-storage.js' });
  const file = test.resource({ size: 5 * MiB, rate: 2 * MiB });
  const retry = { stallTimeout: 1000 };
  await page.evaluate((...args) => t.startFetch(...args), 'fails', file.url, { retry });
  const event = await test.settled(page, 'fails', 'backgroundfetchsuccess');
  assert.equal(event.records[0].sha256, await file.sha256());
  const faults = test.reports.all((report) => report.kind === 'storage-fault').map(({ fault }) => fault);
  assert.deepEqual(faults.sort(), ['InvalidStateError', 'UnknownError', 'closed', 'thrown']);
  assert.equal(gets(await file.log()).filter((entry) => !entry.range).length, 1, 'what was stored is kept');
});

scenario('storage: that never answers', { drawn: true }, async (test) => {
  const { page } = await test.open({ script: '/sw-hangs.js' });
  const file = test.resource({ size: 4 * MiB, rate: 2 * MiB });
  const retry = { stallTimeout: 500, backOff: 50, maxFailures: 1 };
  await page.evaluate((...args) => t.startFetch(...args), 'hangs', file.url, { retry });
  const event = await test.settled(page, 'hangs', 'backgroundfetchfail');
  assert.equal(event.failureReason, 'fetch-error');
  assert.deepEqual(
    await page.evaluate(async () => (await navigator.serviceWorker.getRegistration()).backgroundFetch.getIds()),
    [],
    'the program goes on',
  );
});

/** In the page: its database of background fetches, as it is now. */
const withDatabase = `async (use) => {
  const [{ name }] = (await indexedDB.databases()).filter(({ name }) => name.startsWith('bgfetch:'));
  const done = (request) => new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
  const db = await done(indexedDB.open(name));
  try {
    return await use(db, done);
  } finally {
    db.close();
  }
}`;

scenario('storage: segments and rows deleted behind our back', { drawn: true, timeout: 120_000 }, async (test) => {
  const { browser, page } = await test.open({ stoppable: true });
  const ids = ['segment', 'segments', 'records', 'requests', 'fetches'];
  const files = Object.fromEntries(ids.map((id) => [id, test.resource({ size: 24 * MiB, link: 2 * MiB })]));
  for (const id of ids) {
    await page.evaluate((...args) => t.startFetch(...args), id, files[id].url);
    await page.evaluate((id, bytes) => t.waitForDownloaded(id, bytes).then(() => t.held.get(id).pause()), id, 2 * MiB);
  }

  await page.evaluate(
    `(${async (withDatabase) => {
      const uniqueIds = await withDatabase(async (db, done) => {
        const rows = await done(db.transaction('fetches').objectStore('fetches').getAll());
        const uniqueIds = Object.fromEntries(rows.map((text) => JSON.parse(text)).map(({ id, uniqueId }) => [id, uniqueId]));
        for (const store of ['segments', 'records', 'requests', 'fetches']) {
          const uniqueId = uniqueIds[store];
          const keys = ['requests', 'fetches'].includes(store) ? uniqueId : IDBKeyRange.bound([uniqueId], [uniqueId, []]);
          await done(db.transaction(store, 'readwrite').objectStore(store).delete(keys));
        }
        return uniqueIds;
      });
      const cacheName = (await caches.keys()).find((name) => name.endsWith(uniqueIds.segment));
      const cache = await caches.open(cacheName);
      const keys = await cache.keys();
      await cache.delete(keys[1]);
      // And what nobody speaks of.
      await caches.open(cacheName.replace(uniqueIds.segment, 'orphan'));
    }})(${withDatabase})`,
  );
  await browser.stopWorker(page);

  for (const id of ['segment', 'segments', 'records']) await page.evaluate((id) => t.held.get(id).resume(), id);
  for (const id of ['segment', 'segments', 'records']) {
    const event = await test.event(id);
    assert.equal(event.type, 'backgroundfetchsuccess', id);
    assert.equal(event.records[0].sha256, await files[id].sha256(), id);
  }
  assert.ok(rangeStarts(await files.segment.log()).length > 0, 'what was left of the segments was kept');
  // Of a background fetch without its requests or its state nothing can be made.
  await page.waitFor('the storage to be empty', 20_000, () => t.storageIsEmpty());
  assert.deepEqual(await page.evaluate(async () => (await t.site()).backgroundFetch.getIds()), []);
  const ended = (await page.evaluate(() => t.results())).filter(({ phase }) => phase === 'end').map(({ id }) => id);
  assert.deepEqual(ended.sort(), ['records', 'segment', 'segments'], 'closing events');
});

for (const running of [false, true]) {
  scenario(
    `storage: the origin is evicted while the worker ${running ? 'runs' : 'is stopped'}`,
    { drawn: true, timeout: 120_000 },
    async (test) => {
      const { browser, page } = await test.open({ stoppable: !running });
      const file = test.resource({ size: 16 * MiB, link: 2 * MiB });
      await page.evaluate((url) => t.startFetch('evicted', url), file.url);
      await page.evaluate((bytes) => t.waitForDownloaded('evicted', bytes), 3 * MiB);
      if (!running) await browser.stopWorker(page);
      await page.evaluate(async () => {
        const names = (await indexedDB.databases()).map(({ name }) => name).filter((name) => name.startsWith('bgfetch:'));
        await Promise.all([
          t.deleteAllCaches(),
          ...names.map(
            (name) =>
              new Promise((resolve) => {
                const request = indexedDB.deleteDatabase(name);
                request.onsuccess = request.onerror = resolve;
              }),
          ),
        ]);
      });
      const small = test.resource({ size: MiB });
      await page.waitFor(
        'a new background fetch',
        60_000,
        (url) => t.rejection(() => t.startFetch('next', url)).then((error) => !error),
        small.url,
      );
      const event = await test.event('next');
      assert.equal(event.type, 'backgroundfetchsuccess');
      assert.equal(event.records[0].sha256, await small.sha256());
      await page.waitFor('the storage to be empty', 20_000, () => t.storageIsEmpty());
      assert.deepEqual(await page.evaluate(async () => (await t.site()).backgroundFetch.getIds()), []);
      const success = (await page.evaluate(() => t.results())).some(({ id, result }) => id === 'evicted' && result === 'success');
      assert.equal(success, false, 'success of what was evicted');
    },
  );
}

scenario(
  'storage: a newer database is left as it is; one that is blocked is waited for, not for ever',
  { drawn: true, timeout: 120_000 },
  async (test) => {
    const { page } = await test.open();
    const file = test.resource({ size: 1000 });
    // Older than ours, open, and deaf to versionchange.
    const blocked = await page.evaluate(async (url) => {
      const name = `bgfetch:${(await t.site()).scope}`;
      const open = (version) =>
        new Promise((resolve, reject) => {
          const request = indexedDB.open(name, version);
          request.onsuccess = () => resolve(request.result);
          request.onerror = () => reject(request.error);
        });
      const old = await open(1);
      const refused = await t.rejection(() => t.startFetch('blocked', url));
      old.close();
      await new Promise((resolve, reject) => {
        const request = indexedDB.deleteDatabase(name);
        request.onsuccess = resolve;
        request.onerror = reject;
      });
      const newer = await open(99);
      newer.close();
      return refused;
    }, file.url);
    assert.equal(blocked?.name, 'TypeError');
    assert.match(blocked.message, /older version open/);

    // The program that could not open it tells so for a while; then it is the newer one.
    const answer = await page.evaluateFor(
      60_000,
      async (url) => {
        for (;;) {
          const refused = await t.rejection(() => t.startFetch('newer', url));
          if (!/older version open/.test(refused?.message)) return refused;
          await new Promise((resolve) => setTimeout(resolve, 500));
        }
      },
      file.url,
    );
    assert.equal(answer?.name, 'TypeError');
    assert.match(answer.message, /newer version/);
    const versions = await page.evaluate(async () =>
      (await indexedDB.databases()).filter(({ name }) => name.startsWith('bgfetch:')).map(({ version }) => version),
    );
    assert.deepEqual(versions, [99]);
    assert.equal(gets(await file.log()).length, 0);
  },
);

/** In the page: who holds the database so that it answers nobody else, until release() is called. */
const occupy = async (name) => {
  const done = (request) => new Promise((resolve) => (request.onsuccess = () => resolve(request.result)));
  const db = await done(indexedDB.open(name));
  const rows = db.transaction([...db.objectStoreNames], 'readwrite').objectStore('sequence');
  let released = false;
  const hold = () => {
    if (released) return db.close();
    rows.get(0).onsuccess = hold;
  };
  hold();
  self.release = () => (released = true);
};

// It takes a minute.
const onlyLong = { browsers: [], longBrowsers: ['chromium', 'firefox', 'webkit'], longTimeout: 240_000 };

scenario('storage: a database that answers nobody', onlyLong, async (test) => {
  const { page } = await test.open();
  const file = test.resource({ size: 1000 });
  // It makes the database.
  await page.evaluate((url) => t.startFetch('first', url), file.url);
  await test.settled(page, 'first', 'backgroundfetchsuccess');
  await page.evaluate(`(${occupy})('bgfetch:' + (await t.site()).scope)`);
  const refused = await page.evaluateFor(100_000, (url) => t.rejection(() => t.startFetch('silent', url)), file.url);
  assert.equal(refused?.name, 'TypeError');
  assert.match(refused.message, /did not answer within 1m0s/);
  await page.evaluate(() => self.release());
  await page.waitFor(
    'a new background fetch',
    60_000,
    (url) => t.rejection(() => t.startFetch('next', url)).then((error) => !error),
    file.url,
  );
  const event = await test.settled(page, 'next', 'backgroundfetchsuccess');
  assert.equal(event.records[0].sha256, await file.sha256());
});
