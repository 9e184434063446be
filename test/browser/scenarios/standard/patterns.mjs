// What public apps do with Background Fetch, and what they may expect of a neighbour.
import { openAny } from '../../lib/any-worker.mjs';
import { openRealms } from '../../lib/realms.mjs';
import { assert, gets, MiB, scenario } from '../../lib/scenario.mjs';

const wild = (test, id) => test.reports.wait(`the worker's word on ${id}`, (one) => one.kind === 'wild' && one.id === id);

scenario('found and started in the ways of public apps', {}, async (test) => {
  const { page } = await openRealms(test);
  const files = [test.resource({ size: 200_000 }), test.resource({ size: 1000 }), test.resource({ size: MiB, rate: 1000 })];
  const wrong = await page.evaluate(
    async (url, other, slow) => {
      const wrong = [];
      const expect = (what, truth) => truth || wrong.push(what);
      expect('manager in self', 'BackgroundFetchManager' in self);
      expect('in the prototype', 'backgroundFetch' in ServiceWorkerRegistration.prototype);
      // Straight after register(), while the worker is installing.
      const installing = await navigator.serviceWorker.register('/sw-waits.js', { scope: '/waits/' });
      expect('in a registration', 'backgroundFetch' in installing);
      expect('truthy', !!installing.backgroundFetch && installing.backgroundFetch === installing.backgroundFetch);
      expect('get() while installing', (await installing.backgroundFetch.get('x')) === undefined);
      expect('getIds() while installing', (await installing.backgroundFetch.getIds()).length === 0);

      const start = (...args) => navigator.serviceWorker.ready.then(({ backgroundFetch }) => backgroundFetch.fetch(...args));
      const ways = {
        string: [url],
        'lone Request': [new Request(url)],
        'array of strings': [[url, other]],
        'array of Requests': [[new Request(url), new Request(other)]],
        mixed: [[url, new Request(other), new URL(other)]],
        set: [new Set([url])],
        'no options': [url, undefined],
        'null options': [url, null],
        'downloadTotal null': [url, { downloadTotal: null }],
        'downloadTotal 0': [url, { downloadTotal: 0 }],
        'downloadTotal as text': [url, { downloadTotal: '400000' }],
        'icons with size': [
          url,
          { title: 'T', icons: [{ src: '/icon.png', size: '192x192', type: 'image/png' }], downloadTotal: 400_000 },
        ],
        'no icons': [url, { icons: [] }],
        'unknown members': [url, { uploadTotal: 5, whatever: {} }],
      };
      for (const [what, args] of Object.entries(ways)) {
        const fetch = await start(what, ...args).catch((error) => wrong.push(`${what}: ${error}`));
        expect(`${what}: its id`, fetch.id === what);
      }
      // Guards: at the start of an app, and before an id is used again.
      const { backgroundFetch } = await t.site();
      const old = await backgroundFetch.fetch('again', slow);
      for (const round of [1, 2]) {
        const found = await backgroundFetch.get('again');
        expect(`found in round ${round}`, !!found && (found === old) === (round === 1));
        await found.abort();
        const fresh = await backgroundFetch.fetch('again', slow);
        expect(`fresh in round ${round}`, fresh !== found && fresh.result === '');
      }
      for (const id of await backgroundFetch.getIds()) await (await backgroundFetch.get(id))?.abort();
      expect('all aborted', (await backgroundFetch.getIds()).length === 0);
      return wrong;
    },
    ...files.map(({ url }) => url),
  );
  assert.deepEqual(wrong, []);
  await page.waitFor('the storage to be empty', 20_000, () => t.storageIsEmpty());
});

scenario('progress heard in all ways, and nothing that does not exist', {}, async (test) => {
  const { page } = await openRealms(test);
  const file = test.resource({ size: 3 * MiB, rate: 2 * MiB });
  const heard = await page.evaluate(async (url) => {
    const fetch = await (await t.site()).backgroundFetch.fetch('heard', url, { downloadTotal: 3 * 2 ** 20 });
    const heard = { target: [], current: [], on: [], object: 0, never: 0, polled: [], kinds: new Set() };
    const row = ({ downloaded, result }) => ({ downloaded, result });
    fetch.addEventListener('progress', ({ target }) => heard.target.push(row(target)));
    fetch.addEventListener('progress', (event) => {
      heard.current.push(row(event.currentTarget));
      heard.kinds.add(`${event.constructor.name} ${event.bubbles} ${event.cancelable} ${event.isTrusted === false || 'trusted'}`);
    });
    fetch.addEventListener('progress', { handleEvent: () => heard.object++ });
    fetch.onprogress = function () {
      heard.on.push(row(this));
    };
    for (const type of ['success', 'failure', 'fail', 'error', 'load']) fetch.addEventListener(type, () => heard.never++);
    while (fetch.result === '') {
      heard.polled.push(fetch.downloaded);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    await new Promise((resolve) => setTimeout(resolve, 300));
    return { ...heard, kinds: [...heard.kinds] };
  }, file.url);
  assert.ok(heard.target.length >= 3, `${heard.target.length} progress events`);
  assert.deepEqual(heard.current, heard.target);
  assert.deepEqual(heard.on, heard.target);
  assert.equal(heard.object, heard.target.length);
  assert.equal(heard.never, 0);
  assert.deepEqual(heard.target.at(-1), { downloaded: file.size, result: 'success' });
  assert.equal(heard.target.filter(({ result }) => result).length, 1, 'one event with the result');
  assert.match(heard.kinds.join(), /^Event false false/);
  assert.ok(new Set(heard.polled).size >= 3, 'the properties are live');
});

scenario('listeners of public apps in the worker', { timeout: 60_000 }, async (test) => {
  const { page } = await openRealms(test, { options: { worker: '/sw-wild.js' } });
  const small = test.resource({ size: 100_000, text: 1 });
  const missing = test.resource({ size: 10, status: 404 });
  const start = (id, ...urls) => page.evaluate((id, urls) => t.startFetch(id, urls), id, urls);

  await start('store', small.url);
  assert.deepEqual((await wild(test, 'store')).again, ['InvalidStateError']);
  const stored = await page.evaluate(async (url) => {
    const response = await caches.match(url, { cacheName: 'downloads' });
    return { url: response.url, length: (await response.text()).length };
  }, small.url);
  assert.deepEqual(stored, { url: small.url, length: small.size }, 'the url survives the cache of the site');
  await wild(test, 'store: on');

  const three = [1, 2, 3].map((size) => test.resource({ size: size * 1000, text: 1 }));
  await start('loose', ...three.map(({ url }) => url));
  const { texts } = await wild(test, 'loose');
  assert.deepEqual(
    texts,
    three.map(({ url, size }) => ({ url, length: size })),
  );

  await start('mistaken', small.url);
  await wild(test, 'mistaken');

  await start('failing', small.url, missing.url);
  const failing = await wild(test, 'failing');
  assert.equal(failing.type, 'backgroundfetchfail');
  assert.deepEqual(failing.rows, [
    { found: true, ok: true, size: small.size },
    { found: false, ok: false, size: 0 },
  ]);
  await page.waitFor('the storage to be empty', 15_000, () => t.storageIsEmpty());

  // Whoever caches all that is fetched keeps an answer of ours to nobody else.
  const cached = await page.evaluate(async () => {
    const cache = await caches.open('everything');
    return (await cache.keys()).map(({ url }) => url).filter((url) => url.includes('__bgfetch__'));
  });
  assert.deepEqual(cached, []);
  const errors = test.reports.all(({ kind, text }) => kind === 'error' || (kind === 'wild' && text));
  assert.deepEqual(errors, []);
  assert.deepEqual(
    test.reports.all(({ id }) => id === 'backgroundfetchfailure'),
    [],
  );
});

scenario("the site's own messages, in page and worker", {}, async (test) => {
  const { page } = await openRealms(test, { options: { worker: '/sw-wild.js' } });
  const file = test.resource({ size: MiB, rate: MiB });
  const seen = await page.evaluate(async (url) => {
    const messages = [];
    let fetch;
    const finished = new Promise((resolve) => {
      navigator.serviceWorker.addEventListener('message', ({ data }) => {
        messages.push({ ...data, result: fetch?.result, ids: 0 });
        if (data.type === 'finished') resolve();
      });
      navigator.serviceWorker.startMessages();
    });
    const site = await t.site();
    fetch = await site.backgroundFetch.fetch('telling', url);
    await fetch.matchAll();
    site.active.postMessage({ type: 'own', id: 7 });
    await finished;
    return { messages, ids: await site.backgroundFetch.getIds() };
  }, file.url);
  assert.deepEqual(
    seen.messages.map(({ type }) => type),
    ['answer', 'finished'],
    'no message but those of the site',
  );
  assert.deepEqual(seen.messages[0].found, { manager: true, registration: true, prototype: true, handler: true });
  assert.equal(seen.messages[1].result, 'success', 'the page knows the result before the worker tells it');
  assert.deepEqual(seen.ids, []);
  const isMessage = ({ kind, id }) => kind === 'wild' && id === 'message';
  await test.reports.wait("the worker's word on the message", isMessage, { timeout: 10_000 });
  const heard = test.reports.all(isMessage);
  assert.deepEqual(
    heard.map(({ type, number }) => [type, number]),
    [['own', 7]],
    'the worker hears its own messages alone',
  );
});

scenario('a fetch that a worker of the page starts and reads', {}, async (test) => {
  const { page, inRealm } = await openRealms(test);
  const file = test.resource({ size: 2 * MiB, rate: 4 * MiB });
  for (const realm of ['dedicated', 'shared']) {
    if (!(await inRealm(realm, () => 'serviceWorker' in navigator))) {
      // Chromium: the interfaces, and nobody to ask.
      assert.ok(await inRealm(realm, () => 'BackgroundFetchRecord' in self && !('BackgroundFetchEvent' in self)));
      continue;
    }
    const told = await inRealm(
      realm,
      async (id, url) => {
        const registration = await navigator.serviceWorker.getRegistration('/');
        const fetch = await registration.backgroundFetch.fetch(id, url);
        const progress = [];
        fetch.onprogress = () => progress.push(fetch.downloaded);
        const record = await fetch.match(url);
        const response = await record.responseReady;
        const { byteLength } = await response.arrayBuffer();
        while (fetch.result === '') await new Promise((resolve) => fetch.addEventListener('progress', resolve, { once: true }));
        return { byteLength, result: fetch.result, url: response.url, progress: progress.length, last: progress.at(-1) };
      },
      realm,
      file.url,
    );
    assert.ok(told.progress >= 2, `${told.progress} progress events in the ${realm} worker`);
    assert.deepEqual(
      { ...told, progress: 0 },
      { byteLength: file.size, result: 'success', url: file.url, progress: 0, last: file.size },
    );
    await test.settled(page, realm, 'backgroundfetchsuccess');
  }
});

scenario(
  'a worker that tidies up the caches when it is activated, in mid-transfer',
  { drawn: true, timeout: 60_000 },
  async (test) => {
    const { page } = await openAny(test);
    const file = test.resource({ size: 12 * MiB, rate: 2 * MiB });
    await page.evaluate((url) => t.startFetch('kept', url), file.url);
    await page.evaluate((bytes) => t.waitForDownloaded('kept', bytes), 3 * MiB);
    const boots = test.boots().length;
    await page.evaluate(async () => {
      for (const name of ['own', 'old']) await caches.open(name);
      await t.register({ tidy: 1 });
    });
    await test.nextBoot(boots);
    const read = await page.evaluateFor(
      40_000,
      async (url) => {
        const response = await (await t.held.get('kept').match(url)).responseReady;
        return sha256(await response.arrayBuffer());
      },
      file.url,
    );
    assert.equal(read, await file.sha256());
    assert.equal((await page.evaluate(() => t.waitForResult('kept', 20_000))).result, 'success');
    assert.equal(gets(await file.log()).filter(({ range }) => !range).length, 1, 'one request for the whole');
    const left = await page.evaluate(async () => (await caches.keys()).filter((name) => ['own', 'old'].includes(name)));
    assert.deepEqual(left, ['own']);
  },
);
