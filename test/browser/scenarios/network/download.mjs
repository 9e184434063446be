// Downloads that go well, and how they are told about.
import { assert, gets, MiB, scenario } from '../../lib/scenario.mjs';

scenario('64 MB from the page, success in the worker', { native: true }, async (test) => {
  const { page } = await test.open();
  // Slow enough that a busy machine, too, shows it in ten steps.
  const file = test.resource({ size: 64 * MiB, link: 24 * MiB });
  const started = await page.evaluate(
    (url, downloadTotal) => t.startFetch('film', url, { title: 'A film', downloadTotal }),
    file.url,
    file.size,
  );
  assert.deepEqual(started, {
    id: 'film',
    uploadTotal: 0,
    uploaded: 0,
    downloadTotal: file.size,
    downloaded: 0,
    result: '',
    failureReason: '',
    recordsAvailable: true,
  });

  const event = await test.settled(page, 'film', 'backgroundfetchsuccess');
  assert.equal(event.result, 'success');
  assert.equal(event.downloaded, file.size);
  assert.equal(event.records.length, 1);
  assert.equal(event.records[0].size, file.size);
  assert.equal(event.records[0].sha256, await file.sha256());

  const progress = await page.evaluate(() => t.progress('film'));
  if (!test.native) assert.ok(progress.length >= 10, `${progress.length} progress events`);
  assert.ok(
    progress.every((one, i) => i === 0 || one.downloaded >= progress[i - 1].downloaded),
    'it never goes down',
  );
  assert.equal(progress.at(-1).result, 'success');
  assert.equal(gets(await file.log()).filter((entry) => !entry.range).length, 1, 'one request for the whole');
});

scenario('fifty background fetches at once: the worker is asked about each once', {}, async (test) => {
  const { page } = await test.open();
  const files = Array.from({ length: 50 }, () => test.resource({ size: 10_000 }));
  const { asked, ms, results } = await page.evaluateFor(
    60_000,
    async (urls) => {
      let asked = 0;
      const { postMessage } = ServiceWorker.prototype;
      ServiceWorker.prototype.postMessage = function (message, ...rest) {
        asked += message.uniqueIds?.length ?? 0;
        return postMessage.call(this, message, ...rest);
      };
      const begun = performance.now();
      await Promise.all(urls.map((url, i) => t.startFetch(`file-${i}`, url)));
      const ended = await Promise.all(urls.map((_, i) => t.waitForResult(`file-${i}`)));
      return { asked, ms: performance.now() - begun, results: ended.map(({ result }) => result) };
    },
    files.map(({ url }) => url),
  );
  assert.deepEqual(new Set(results), new Set(['success']));
  // Each when it begins, and all that are left every five seconds.
  assert.ok(asked <= files.length * (2 + ms / 5000), `asked about ${asked} in ${ms} ms`);
});

scenario('three records, one of them from another origin', { native: true }, async (test) => {
  const { page } = await test.open({ worker: { store: 1 } });
  const files = [
    test.resource({ size: 3 * MiB, rate: 8 * MiB }),
    test.resource({ size: 100_001 }),
    // CORS, but no header is exposed.
    test.resource({ size: 5 * MiB + 7, rate: 8 * MiB, cors: 1, origin: test.server.url2 }),
  ];
  await page.evaluate(
    (urls) => t.startFetch('album', urls),
    files.map((file) => file.url),
  );
  const event = await test.settled(page, 'album', 'backgroundfetchsuccess');
  // Native gives them in the order in which they came.
  if (!test.native)
    assert.deepEqual(
      event.records.map((record) => record.url),
      files.map((file) => file.url),
    );
  assert.equal(event.records.length, files.length);
  for (const file of files) {
    const stored = await page.evaluate((url) => t.storedBody(url), file.url);
    assert.deepEqual(stored, { size: file.size, sha256: await file.sha256() });
  }
});

scenario('the page leaves, comes back, and is reloaded in mid-transfer', { drawn: true, timeout: 120_000 }, async (test) => {
  const { page } = await test.open();
  const file = test.resource({ size: 48 * MiB, link: 6 * MiB });
  const here = await page.url();
  await page.evaluate((url) => t.startFetch('book', url), file.url);
  await page.evaluate((bytes) => t.waitForDownloaded('book', bytes), 4 * MiB);
  let before = (await page.evaluate(() => t.state('book'))).downloaded;

  const moves = [
    async () => {
      await page.goto(new URL('/elsewhere/', here).href);
      await page.goto(here);
    },
    () => page.reload(),
  ];
  for (const move of moves) {
    await move();
    const found = await page.evaluate(() => t.getFetch('book'));
    assert.ok(found, 'get() gives the running fetch');
    assert.equal(found.result, '');
    assert.ok(found.downloaded >= before, `${found.downloaded} after ${before}`);
    const more = await page.evaluate((bytes) => t.waitForDownloaded('book', bytes), found.downloaded + MiB);
    before = more.downloaded;
  }
  assert.equal((await page.evaluate(() => t.waitForResult('book'))).result, 'success');
  const event = await test.settled(page, 'book', 'backgroundfetchsuccess');
  assert.equal(event.records[0].sha256, await file.sha256());
});

scenario('the body of responseReady streams while it is loaded', {}, async (test) => {
  const { page } = await test.open();
  const file = test.resource({ size: 24 * MiB, rate: 6 * MiB, type: 'video/mp4' });
  const read = await page.evaluateFor(
    60_000,
    async (url) => {
      await t.startFetch('video', url);
      return t.readWhileLoading('video', url);
    },
    file.url,
  );
  assert.equal(read.status, 200);
  assert.equal(Object.fromEntries(read.headers)['content-type'], 'video/mp4');
  assert.equal(read.first.result, '');
  assert.ok(read.first.downloaded < file.size / 2, `the first bytes came after ${read.first.downloaded}`);
  assert.equal(read.size, file.size);
  assert.equal(read.sha256, await file.sha256());
  await test.settled(page, 'video', 'backgroundfetchsuccess');
});

scenario('an upload by POST, sent once', { native: true }, async (test) => {
  const { page } = await test.open();
  const size = 5 * MiB + 3;
  const target = test.resource({ kind: 'upload' });
  const started = await page.evaluate((url, body) => t.startFetch('photo', [{ url, method: 'POST', body }]), target.url, {
    size,
    byte: 7,
  });
  assert.equal(started.uploadTotal, size);
  const event = await test.settled(page, 'photo', 'backgroundfetchsuccess');
  assert.equal(event.uploadTotal, size);
  assert.equal(event.uploaded, size);
  const expected = await page.evaluate((bytes) => sha256(new Uint8Array(bytes).fill(7).buffer), size);
  const log = await target.log();
  assert.equal(log.length, 1, 'one request');
  assert.equal(log[0].method, 'POST');
  assert.equal(log[0].upload.bytes, size);
  assert.equal(log[0].upload.sha256, expected);
});

scenario('a page that the worker does not control', { native: true }, async (test) => {
  const { page } = await test.open({ worker: { scope: '/elsewhere/', claim: 0 } });
  assert.equal(await page.evaluate(() => navigator.serviceWorker.controller), null);
  const file = test.resource({ size: 3 * MiB, rate: 3 * MiB });
  await page.evaluate((url) => t.startFetch('scoped', url), file.url);
  const event = await test.settled(page, 'scoped', 'backgroundfetchsuccess');
  assert.equal(event.records[0].sha256, await file.sha256());
  assert.equal((await page.evaluate(() => t.waitForResult('scoped'))).result, 'success');
});
