// Registrations: scopes, pages at the same time, updates, and unregistering.
import { openAny, workerOf } from '../../lib/any-worker.mjs';
import { assert, bytesSent, gets, MiB, scenario } from '../../lib/scenario.mjs';

scenario('scopes, also one in the other, do not see each other', { drawn: true, timeout: 90_000 }, async (test) => {
  const { page } = await openAny(test);
  const file = test.resource({ size: 6 * MiB, rate: 2 * MiB });
  const seen = await page.evaluate(async (url) => {
    await t.site();
    await t.register({ scope: '/app/' });
    const [outer, inner] = await Promise.all(['/', '/app/'].map((scope) => navigator.serviceWorker.getRegistration(scope)));
    const both = await Promise.all([outer, inner].map(({ backgroundFetch }) => backgroundFetch.fetch('same', url)));
    self.both = both;
    await outer.backgroundFetch.fetch('outer', url);
    const managers = [outer.backgroundFetch, inner.backgroundFetch];
    const ids = await Promise.all(managers.map((manager) => manager.getIds()));
    const gets = await Promise.all(managers.map((manager) => manager.get('same')));
    const other = await inner.backgroundFetch.get('outer');
    const aborted = await both[0].abort();
    return {
      ids,
      own: gets.map((one, i) => one === both[i]),
      differ: both[0] !== both[1],
      other: String(other),
      aborted,
      left: await Promise.all(managers.map((manager) => manager.getIds())),
      programs: (await caches.keys()).filter((name) => name.startsWith('bgfetch:program:')).length,
    };
  }, file.url);
  assert.deepEqual(seen, {
    ids: [['same', 'outer'], ['same']],
    own: [true, true],
    differ: true,
    other: 'undefined',
    aborted: true,
    left: [['outer'], ['same']],
    programs: 2,
  });
  // The other one comes to its end all the same.
  await page.waitFor('the inner one to succeed', 20_000, () => self.both[1].result === 'success');
  const inner = workerOf(page, { scope: '/app/' });
  assert.deepEqual(await inner(() => self.registration.backgroundFetch.getIds()), []);
  await page.waitFor('the storage to be empty', 20_000, () => t.storageIsEmpty());

  // No page needs the inner worker, so it may go with its registration: nobody waits for its answer.
  const ms = await page.evaluate(async (url) => {
    const inner = await navigator.serviceWorker.getRegistration('/app/');
    await inner.backgroundFetch.fetch('left', url);
    const from = performance.now();
    await inner.unregister();
    return performance.now() - from;
  }, file.url);
  assert.ok(ms < 900, `unregister() took ${ms} ms`);
});

scenario('two pages, one id; and an update of the worker in mid-transfer', { drawn: true, timeout: 120_000 }, async (test) => {
  const { browser, page } = await openAny(test);
  const second = await browser.newPage(test.pageURL('/any.html', { worker: '/sw-any.js' }));
  const file = test.resource({ size: 24 * MiB, link: 3 * MiB });
  const pages = [page, second];
  // Both at the same moment, as far as that can be had.
  const at = Date.now() + 1000;
  const started = await Promise.all(
    pages.map((one) =>
      one.evaluate(
        async (url, at) => {
          await t.site();
          await new Promise((resolve) => setTimeout(resolve, at - Date.now()));
          return t.rejection(() => t.startFetch('race', url));
        },
        file.url,
        at,
      ),
    ),
  );
  const lost = started.filter((error) => error !== null);
  assert.equal(lost.length, 1, JSON.stringify(started));
  assert.equal(lost[0].isTypeError, true);
  assert.match(lost[0].message, /race/);
  for (const one of pages) {
    const same = await one.evaluate(async () => {
      const { backgroundFetch } = await t.site();
      const [first, again] = await Promise.all([backgroundFetch.get('race'), backgroundFetch.get('race')]);
      await t.getFetch('race');
      return first === again && first === t.held.get('race');
    });
    assert.equal(same, true, 'one object in each page');
    await one.evaluate((bytes) => t.waitForDownloaded('race', bytes, 25_000), 2 * MiB);
  }

  const boots = test.boots().length;
  await page.evaluate(() => t.register({ version: 2 }));
  await test.nextBoot(boots);
  for (const one of pages) {
    const ended = await one.evaluateFor(60_000, () => t.waitForResult('race', 55_000));
    assert.deepEqual([ended.result, ended.downloaded], ['success', file.size]);
    const progress = await one.evaluate(() => t.progress('race').map((row) => row.downloaded));
    assert.ok(progress.length > 3, `${progress.length} progress events in each page`);
    assert.ok(
      progress.every((bytes, i) => i === 0 || bytes >= progress[i - 1]),
      'it never goes down',
    );
  }
  const log = gets(await file.log());
  assert.equal(log.filter((entry) => !entry.range).length, 1, 'one request for the whole');
  // What was on its way when the old worker stopped comes twice, at most.
  assert.ok(bytesSent(log) <= file.size + 4 * MiB, `${bytesSent(log)} bytes were sent for ${file.size}`);
  await page.waitFor('the storage to be empty', 10_000, () => t.storageIsEmpty());
});

// Calls wait until all pages have heard what they changed. One that was closed or reloaded never says so.
scenario(
  'a page that is gone holds up no call of another, and one that is not controlled is there',
  { timeout: 60_000 },
  async (test) => {
    const { page } = await openAny(test, { worker: { claim: 0 } });
    const file = test.resource({ size: 24 * MiB, link: MiB });
    await page.evaluate((url) => t.startFetch('film', url), file.url);
    await page.evaluate((bytes) => t.waitForDownloaded('film', bytes, 20_000), MiB);
    const times = () =>
      page.evaluate(async () => {
        await t.getFetch('film');
        const film = t.held.get('film');
        const times = [];
        for (const call of ['pause', 'resume']) {
          const from = performance.now();
          await film[call]();
          times.push(performance.now() - from);
        }
        return { times, controlled: navigator.serviceWorker.controller !== null, downloaded: film.downloaded };
      });
    const check = async (controlled) => {
      const seen = await times();
      assert.equal(seen.controlled, controlled);
      assert.ok(
        seen.times.every((ms) => ms < 900),
        `pause() and resume() took ${seen.times} ms`,
      );
      const from = Date.now();
      await page.evaluate((bytes) => t.waitForDownloaded('film', bytes, 20_000), seen.downloaded + 1);
      assert.ok(Date.now() - from < 4000, `the page hears of progress after ${Date.now() - from} ms`);
    };
    await check(false);
    for (let i = 0; i < 2; i++) {
      await page.reload();
      await check(true);
    }
    await page.evaluate(() => t.held.get('film').abort());
  },
);

// A transaction that WebKit did not end with its worker blocked those of the next one for ever.
scenario(
  'an update of the worker while records are being stored does not block the database',
  { browsers: ['webkit'] },
  async (test) => {
    const { page } = await openAny(test);
    const files = Array.from({ length: 3000 }, () => test.resource({ size: 1000, rate: 50_000 }));
    await page.evaluate(
      (urls) => t.startFetch('many', urls),
      files.map(({ url }) => url),
    );
    const boots = test.boots().length;
    await page.evaluate(() => t.register({ version: 2 }));
    await test.nextBoot(boots);
    const { downloaded, result } = await page.evaluate(() => t.state('many'));
    assert.ok(result === '' && downloaded < 2_000_000, `it is under way: ${downloaded} bytes, ${result}`);
    await page.waitFor('the new worker to go on', 20_000, (before) => t.state('many').downloaded > before, downloaded);
    await page.evaluate(() => t.held.get('many').abort());
    await page.waitFor('the storage to be empty', 10_000, () => t.storageIsEmpty());
  },
);

scenario(
  'unregister and register again: an empty manager, in the same page load',
  { drawn: true, timeout: 120_000 },
  async (test) => {
    const { page, inWorker } = await openAny(test);
    const slow = test.resource({ size: 40 * MiB, link: MiB });
    const file = test.resource({ size: MiB });
    for (const who of ['page', 'worker', 'page']) {
      await page.evaluate((url) => t.startFetch('same', url), slow.url);
      await page.evaluate((bytes) => t.waitForDownloaded('same', bytes, 20_000), 200_000);
      if (who === 'page') assert.equal(await page.evaluate(async () => (await t.site()).unregister()), true);
      else assert.equal(await inWorker(() => self.registration.unregister()), true);
      const ids = await page.evaluateFor(40_000, async () => {
        const old = t.held.get('same');
        await t.register();
        const { backgroundFetch } = await t.site();
        self.old = old;
        return [await backgroundFetch.getIds(), String(await backgroundFetch.get('same'))];
      });
      assert.deepEqual(ids, [[], 'undefined'], `after unregister() in the ${who}`);
      await page.waitFor(
        'the old one to be over',
        15_000,
        () => self.old.failureReason === 'aborted' && !self.old.recordsAvailable,
      );
      // The same id is used again at once.
      await page.evaluate((url) => t.startFetch('same', url), file.url);
      assert.equal((await page.evaluate(() => t.waitForResult('same', 20_000))).result, 'success');
      assert.equal((await page.evaluate(() => t.state('same'))).downloaded, file.size);
      await page.waitFor('the storage to be empty', 10_000, () => t.storageIsEmpty());
    }
  },
);

scenario('calls that cross an unregister() are answered', { timeout: 60_000 }, async (test) => {
  const { page } = await openAny(test);
  const slow = test.resource({ size: 40 * MiB, link: MiB });
  const file = test.resource({ size: MiB });
  await page.evaluate((url) => t.startFetch('crossed', url), slow.url);
  const answers = await page.evaluateFor(
    50_000,
    async (url) => {
      const old = await t.site();
      const [aborted] = await Promise.all([t.abort('crossed'), old.unregister()]);
      await t.register();
      await t.startFetch('next', url);
      // Its worker may live on for this page, but the engine is the new one's. Or the
      // browser has revived it: then it is the same registration.
      const late = await old.backgroundFetch.get('none').then(String, (error) => error.name);
      return { aborted, late };
    },
    file.url,
  );
  assert.equal(typeof answers.aborted, 'boolean'); // whichever came first
  assert.ok(['undefined', 'TypeError'].includes(answers.late), answers.late);
  await page.evaluate(() => t.waitForResult('next', 20_000));
  await page.waitFor('the storage to be empty', 10_000, () => t.storageIsEmpty());
});

// Nothing keeps the worker of a page that it does not control: Chromium ends it with its registration.
scenario(
  'unregister() in a page that is not controlled ends all that is under way',
  { drawn: true, timeout: 120_000 },
  async (test) => {
    const { browser, page } = await test.open({ worker: { claim: 0 } });
    const slow = test.resource({ size: 6 * MiB, link: MiB });
    for (const second of [false, true]) {
      // A page that it does control makes the registration stay until that is gone.
      const controlled = second && (await browser.newPage(test.pageURL()));
      await page.evaluate((url) => t.startFetch('same', url), slow.url);
      await page.evaluate((bytes) => t.waitForDownloaded('same', bytes, 20_000), 200_000);
      const seen = await page.evaluateFor(40_000, async () => {
        const registration = await t.site();
        const { controller } = navigator.serviceWorker;
        const old = t.held.get('same');
        const done = await registration.unregister();
        const left = await t.storageIsEmpty();
        const { failureReason, recordsAvailable } = old;
        const from = performance.now();
        await t.register({ claim: 0 });
        const { backgroundFetch } = await t.site();
        const ids = await backgroundFetch.getIds();
        return { controller, done, left, failureReason, recordsAvailable, ids, ms: performance.now() - from };
      });
      const { ms, ...rest } = seen;
      assert.deepEqual(rest, {
        controller: null,
        done: true,
        left: true,
        failureReason: 'aborted',
        recordsAvailable: false,
        ids: [],
      });
      assert.ok(ms < 8000, `there is a worker again after ${ms} ms`);
      // This takes longer than what was left of the other one.
      const next = test.resource({ size: 7 * MiB, link: MiB });
      const id = `next ${second}`;
      await page.evaluate((id, url) => t.startFetch(id, url), id, next.url);
      await test.settled(page, id, 'backgroundfetchsuccess');
      const events = (await page.evaluate(() => t.results())).map((row) => row.id);
      assert.ok(!events.includes('same'), `events for ${events}`);
      const log = gets(await slow.log());
      assert.equal(log.length, second ? 2 : 1, 'it was asked for once');
      assert.ok(
        log.every((entry) => entry.bytesSent < slow.size),
        'it ended',
      );
      if (controlled) await controlled.close();
    }
  },
);

// In the others such a worker is not redundant yet, and hears the page.
scenario('unregister() ends a program that does not let go', { browsers: ['chromium'] }, async (test) => {
  const { page } = await test.open({ worker: { claim: 0 } });
  const slow = test.resource({ size: 6 * MiB, link: MiB });
  await page.evaluate((url) => t.startFetch('same', url), slow.url);
  await page.evaluate((bytes) => t.waitForDownloaded('same', bytes, 20_000), 200_000);
  const seen = await page.evaluateFor(30_000, async () => {
    const registration = await t.site();
    // What the worker's program holds for as long as it runs; and nobody hears the page.
    const held = navigator.locks.request(`bgfetch:${registration.scope}`, () => new Promise(() => {}));
    ServiceWorker.prototype.postMessage = () => {};
    held.catch(() => {});
    const from = performance.now();
    const done = await registration.unregister();
    return {
      done,
      left: await t.storageIsEmpty(),
      failureReason: t.held.get('same').failureReason,
      ms: performance.now() - from,
    };
  });
  const { ms, ...rest } = seen;
  assert.deepEqual(rest, { done: true, left: true, failureReason: 'aborted' });
  assert.ok(ms < 6000, `it took ${ms} ms`);
});

// WebKit keeps the connection of a worker that it ended while the database was being opened.
scenario('a connection that nobody closes does not hold up the next registration', {}, async (test) => {
  const { page } = await test.open({ worker: { claim: 0 } });
  const slow = test.resource({ size: 60 * MiB, link: MiB });
  const small = test.resource({ size: 1000 });
  await page.evaluate((url) => t.startFetch('before', url), slow.url);
  await page.evaluate((bytes) => t.waitForDownloaded('before', bytes, 20_000), 200_000);
  await page.evaluate(async () => {
    const registration = await t.site();
    const opening = indexedDB.open(`bgfetch:${registration.scope}`);
    globalThis.deaf = await new Promise((resolve) => (opening.onsuccess = () => resolve(opening.result)));
    await registration.unregister();
  });
  assert.ok(await page.evaluate(() => t.storageIsEmpty()), 'nothing is left of it');
  await page.evaluate(() => t.register({ claim: 0 }));
  await page.evaluate((url) => t.startFetch('after', url), small.url);
  assert.equal((await test.event('after')).type, 'backgroundfetchsuccess');
  assert.deepEqual(await page.evaluate(async () => (await t.site()).backgroundFetch.getIds()), []);
});
