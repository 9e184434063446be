// Records that stay after the closing event, and the site's own URLs answered from them.
import { assert, gets, MiB, scenario } from '../../lib/scenario.mjs';
import { callKept, reads } from '../../lib/kept.mjs';

/** Of jsglue/shared/protocol.ts: how often a page says what it watches. */
const WATCH_INTERVAL_MS = 5000;
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** An answer, in the page: its status, some fields, and the hash of its body. */
const ask = `async (path, init) => {
  const response = await fetch(path, init);
  const { status, headers } = response;
  const body = await response.arrayBuffer();
  return { status, range: headers.get('content-range'), type: headers.get('content-type'), etag: headers.get('etag'), size: body.byteLength, sha256: await sha256(body) };
}`;

const open = async (test, options) => {
  const opened = await test.open({ script: '/sw-keep.js', ...options });
  await opened.page.evaluate(`(() => { window.ask = ${ask}; window.reads = ${reads}; window.kept = ${callKept}; })()`);
  return opened;
};

/** Waits until background fetches are done with, and only the caches of so many are left. */
const atRest = (page, caches) =>
  page.waitFor(
    'only what is kept',
    20_000,
    async (count) => {
      const { fetches } = await (await fetch('/__bgfetch__/list')).json();
      return fetches.length === 0 && (await t.listStorage()).caches.length === count;
    },
    caches,
  );

scenario(
  'what is kept: by URL, by Range, offline, replaced, deleted',
  { timeout: 120_000, longTimeout: 400_000 },
  async (test) => {
    // The worker would read all of it in its event.
    const { browser, page } = await open(test, { stoppable: true, worker: test.long ? { read: 0 } : {} });
    // WebKitGTK has room for 1 GiB.
    const size = test.long ? 1e9 : 48 * MiB;
    const film = test.resource({ size, type: 'video/mp4' });
    const notes = test.resource({ size: 1000, type: 'text/html' });
    await page.evaluate((urls) => t.startFetch('album', urls, { keep: true, title: 'An album' }), [film.url, notes.url]);
    const event = await test.event('album', test.long ? 300_000 : 60_000);
    assert.equal(event.type, 'backgroundfetchsuccess');
    await atRest(page, 1);
    const restsSince = Date.now();
    await page.evaluate(() => {
      window.watched = [];
      const { postMessage } = ServiceWorker.prototype;
      ServiceWorker.prototype.postMessage = function (message, ...rest) {
        watched.push(...(message.uniqueIds ?? []));
        return postMessage.call(this, message, ...rest);
      };
    });

    const middle = size / 2 + 12_345;
    const range = { headers: { Range: `bytes=${middle}-${middle + 16_383}` } };
    const part = (path) => page.evaluateFor(60_000, (path, init) => ask(path, init), path, range);
    const seed = new URL(film.url).searchParams.get('seed');
    const original = await part(`/file/${film.name}-original?size=${size}&seed=${seed}`);
    assert.equal(original.size, 16_384);
    await page.evaluate(() => reads());
    const own = await part(film.url);
    assert.deepEqual(
      [own.status, own.range, own.type, own.sha256],
      [206, `bytes ${middle}-${middle + 16_383}/${size}`, 'video/mp4', original.sha256],
    );
    const read = await page.evaluate(() => reads());
    // A segment has at most 8 MiB, and where a Blob cannot be sliced without being read, all of it is.
    assert.ok(
      read.bytes <= 2 * (8 * MiB + 16_384) && read.entries <= 2,
      `${read.bytes} bytes of ${read.entries} entries were read for 16 KiB`,
    );
    const mapped = `/kept/episode?of=${encodeURIComponent(film.url)}`;
    assert.equal((await part(mapped)).sha256, original.sha256);

    // By the worker's next instance, without a network.
    await test.server.control('stop', { ms: 120_000 });
    const boot = await page.evaluate(() => t.bootId());
    await browser.stopWorker(page);
    // A message wakes it; WebKit sends a fetch to the server while it has no worker.
    assert.notEqual(await page.evaluate(() => t.bootId()), boot);
    assert.deepEqual(await page.evaluate(async () => (await t.site()).backgroundFetch.getIds()), []);
    assert.equal((await page.evaluate(() => reads())).programs, 0, 'what is only kept loads no program');
    assert.deepEqual(await part(mapped), own);
    assert.equal((await page.evaluate(() => reads())).programs, 1);
    const asked = await page.evaluate(
      async (film, notes, size, etag) => {
        const fields = [
          'content-range',
          'content-length',
          'content-security-policy',
          'x-content-type-options',
          'content-disposition',
        ];
        const ask = async (url, method = 'HEAD', headers = {}) => {
          const response = await fetch(`/kept/x?of=${encodeURIComponent(url)}`, { method, headers });
          await response.arrayBuffer();
          return [response.status, ...fields.map((name) => response.headers.get(name))];
        };
        return {
          head: await ask(film),
          suffix: await ask(film, 'GET', { Range: 'bytes=-5' }),
          beyond: await ask(film, 'GET', { Range: `bytes=${size}-` }),
          changed: await ask(film, 'HEAD', { Range: 'bytes=0-9', 'If-Range': '"other"' }),
          same: await ask(film, 'GET', { Range: 'bytes=0-9', 'If-Range': etag }),
          html: await ask(notes),
        };
      },
      film.url,
      notes.url,
      size,
      own.etag,
    );
    assert.deepEqual(asked.head.slice(0, 3), [200, null, String(size)]);
    assert.deepEqual(asked.suffix.slice(0, 3), [206, `bytes ${size - 5}-${size - 1}/${size}`, '5']);
    assert.deepEqual(asked.beyond.slice(0, 2), [416, `bytes */${size}`]);
    assert.deepEqual(asked.changed.slice(0, 3), [200, null, String(size)]);
    assert.deepEqual(asked.same.slice(0, 3), [206, `bytes 0-9/${size}`, '10']);
    assert.match(asked.html[3], /^sandbox;/);
    assert.deepEqual(asked.html.slice(4), ['nosniff', 'attachment']);
    const kept = await page.evaluateFor(
      60_000,
      async (film, notes) => {
        const { status, url, size } = await kept('match', notes);
        const list = await kept('list');
        return {
          ...{ status, url, body: size, list: list.map((one) => ({ ...one, kept: one.kept instanceof Date })) },
          film: (await kept('match', film.size > 100e6 ? notes : film.url + '&more', { ignoreSearch: true })).sha256,
          none: (await kept('match', '/nothing')) === undefined,
        };
      },
      { url: film.url, size },
      notes.url,
    );
    if (!test.long) assert.equal(kept.film, await sha256Of(test, film));
    assert.deepEqual([kept.status, kept.url, kept.body, kept.none], [200, notes.url, 1000, true]);
    const info = { id: 'album', title: 'An album', icon: '', kept: true, group: '', expires: null, pinned: false };
    assert.deepEqual(kept.list, [
      { url: film.url, type: 'video/mp4', size, ...info },
      { url: notes.url, type: 'text/html', size: 1000, ...info },
    ]);
    await test.server.control('start');
    await pause(WATCH_INTERVAL_MS + 500 - (Date.now() - restsSince));
    assert.deepEqual(await page.evaluate(() => watched), [], 'the page keeps no worker at what is only kept');

    // The same URL again takes the place of the first; then both go.
    await page.evaluate((url) => t.startFetch('notes', url, { keep: true }), notes.url);
    await test.event('notes');
    await atRest(page, 2);
    const deleted = await page.evaluate(
      async (film, notes) => {
        const ids = (await kept('list')).map(({ id }) => id);
        return [
          ids,
          await kept('delete', film),
          await kept('delete', film),
          await kept('delete', notes),
          (await kept('list')).length,
        ];
      },
      film.url,
      notes.url,
    );
    assert.deepEqual(deleted, [['notes', 'album'], true, false, true, 0]);
    await page.waitFor('the storage to be empty', 10_000, () => t.storageIsEmpty());
    assert.equal((await page.evaluate(() => caches.keys())).filter((name) => name.startsWith('bgfetch:kept')).length, 0);
    assert.equal((await part(mapped)).status, 404);
    const before = (await film.log()).length;
    assert.equal((await part(film.url)).sha256, original.sha256);
    assert.ok((await film.log()).length > before, 'from the network');
  },
);

/** The hash of a file, which the server may be too stopped to tell. */
async function sha256Of(test, file) {
  await test.server.control('start');
  return file.sha256();
}

scenario('a player has the URL of the site, while it comes and offline', { timeout: 120_000 }, async (test) => {
  const { page } = await open(test);
  const file = test.resource({ size: 6 * MiB, link: MiB, wav: 1, type: 'audio/wav' });
  await page.evaluate((url) => t.startFetch('song', url, { keep: true }), file.url);
  await page.evaluate(() => t.waitForDownloaded('song', 1));
  const play = async (url) => {
    const { early, at } = await page.evaluateFor(60_000, (...args) => t.play(...args), 'song', url, [-2, 1]);
    return { result: early.result, at: at.map(Math.round) };
  };
  const duration = (file.size - 44) / 44_100;
  assert.deepEqual(await play(file.url), { result: '', at: [Math.round(duration - 2), 1] });
  const event = await test.event('song');
  assert.equal(event.records[0].sha256, await file.sha256());
  assert.equal(gets(await file.log()).filter(({ range }) => !range).length, 1, 'the player asked the server for nothing');
  await atRest(page, 1);
  await test.server.control('stop', { ms: 60_000 });
  assert.deepEqual(await play(file.url), { result: 'success', at: [Math.round(duration - 2), 1] });
  await test.server.control('start');
  await page.evaluate((url) => kept('delete', url), file.url);
});
