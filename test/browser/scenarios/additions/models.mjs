// Files of AI models by background fetch: background-fetch-wasm/models.
import { assert, gets, MiB, scenario } from '../../lib/scenario.mjs';

/** A page with `models`, and what it read by name in `self.reads`. */
async function openModels(test, worker = '/sw-models.js', browser) {
  browser ??= await test.sharedBrowser();
  const open = async () => {
    const page = await browser.newPage(test.pageURL());
    await page.evaluate(async (worker) => {
      const { modelStore } = await import(new URL('/dist/models.mjs', location));
      await navigator.serviceWorker.register(worker, { type: 'module' });
      await navigator.serviceWorker.ready;
      self.models = modelStore();
      self.read = async (url, init) => (await (await models.fetch(url, init)).arrayBuffer()).byteLength;
    }, worker);
    return page;
  };
  return { page: await open(), open };
}

scenario('models: a file is fetched once, also between its result and its copy', { drawn: true }, async (test) => {
  const { page, open } = await openModels(test, '/sw-models.js?slow=4000');
  const second = await open();
  const file = test.resource({ size: MiB, rate: 2 * MiB });
  assert.equal(await page.evaluate((url) => read(url), file.url), file.size);
  // The copy is under way.
  assert.equal(await page.evaluate(async (url) => Boolean(await models.cache.match(url)), file.url), false);
  const sizes = await Promise.all([page, second].map((one) => one.evaluateFor(30_000, (url) => read(url), file.url)));
  assert.deepEqual(sizes, [file.size, file.size]);
  assert.equal(gets(await file.log()).length, 1);
  // What is wanted anew replaces it; nothing is stored of what is not to be.
  await page.evaluate((url) => read(url, { cache: 'reload' }), file.url);
  assert.equal(gets(await file.log()).length, 2);
  await page.evaluate((url) => read(url), file.url);
  assert.equal(gets(await file.log()).length, 2);
  await page.evaluate((url) => read(url, { cache: 'no-store' }), file.url);
  assert.equal(gets(await file.log()).length, 3);
});

scenario(
  "models: with the browser's own Background Fetch, which refuses to begin several",
  { browsers: ['chromium'] },
  async (test) => {
    const { page } = await openModels(test, '/sw-models.js', await test.launch({ native: true }));
    const files = Array.from({ length: 3 }, () => test.resource({ size: MiB }));
    const readAll = () =>
      page.evaluateFor(
        30_000,
        (urls) => Promise.all(urls.map((url) => read(url))),
        files.map(({ url }) => url),
      );
    // It refuses in a browser that somebody looks at, not in this one.
    await page.evaluate(() => {
      const { prototype } = BackgroundFetchManager;
      const { fetch } = prototype;
      let calls = 0;
      prototype.fetch = function (...args) {
        if (calls++ > 0) return Promise.reject(new TypeError('This origin does not have permission to start a fetch.'));
        return fetch.apply(this, args);
      };
    });
    assert.deepEqual(await readAll(), [MiB, MiB, MiB]);
    const stored = async (url) => Boolean(await models.cache.match(url));
    for (const { url } of files) await page.waitFor('it to be stored', 10_000, stored, url);
    assert.deepEqual(await readAll(), [MiB, MiB, MiB]);
    for (const file of files) assert.equal(gets(await file.log()).length, 1);
  },
);

scenario('models: who does not want a file any more takes it from nobody', {}, async (test) => {
  const { page, open } = await openModels(test);
  const second = await open();
  const file = test.resource({ size: 4 * MiB, rate: MiB });
  const begin = (one) =>
    one.evaluate(async (url) => {
      self.aborter = new AbortController();
      const { body } = await models.fetch(url, { signal: aborter.signal });
      self.ended = new Response(body).arrayBuffer().then(
        ({ byteLength }) => byteLength,
        (error) => error.name,
      );
      self.other = read(url);
    }, file.url);
  await begin(page);
  await begin(second);
  const left = await page.evaluate(async () => {
    aborter.abort();
    return [await ended, (await (await navigator.serviceWorker.ready).backgroundFetch.getIds()).length];
  });
  assert.ok(['AbortError', 'TypeError'].includes(left[0]), left[0]);
  assert.equal(left[1], 1, 'it goes on');
  assert.equal(await page.evaluateFor(30_000, () => other), file.size);
  assert.deepEqual(await second.evaluateFor(30_000, () => Promise.all([ended, other])), [file.size, file.size]);
  assert.equal(gets(await file.log()).length, 1);

  // The last one ends it, wherever that is.
  const alone = test.resource({ size: 4 * MiB, rate: MiB / 4 });
  const start = (url) => {
    self.aborter = new AbortController();
    self.rejected = read(url, { signal: aborter.signal }).catch((error) => error.name);
  };
  await page.evaluate(start, alone.url);
  await page.waitFor(
    'it to begin',
    10_000,
    async () => (await (await navigator.serviceWorker.ready).backgroundFetch.getIds()).length,
  );
  await page.evaluate(() => aborter.abort());
  assert.equal(await page.evaluate(() => rejected), 'AbortError');
  await page.waitFor('nothing to be left', 10_000, async () => {
    const { backgroundFetch } = await navigator.serviceWorker.ready;
    return (await backgroundFetch.getIds()).length === 0 && (await t.storageIsEmpty());
  });
});

scenario('models: a lone % in a URL', {}, async (test) => {
  const { page } = await openModels(test);
  const file = test.resource({ size: 1000 });
  const url = file.url.replace('?', '%zz?');
  const seen = await page.evaluate((url) => models.fetch(url).then((response) => response.status, String), url);
  // The test's server refuses it.
  assert.match(String(seen), /400|is not available/, 'it was asked for');
});
