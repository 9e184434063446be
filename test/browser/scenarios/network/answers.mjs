// What comes of answers without a length, without ranges, in several ranges, or from the HTTP
// cache.
import { assert, bytesSent, gets, MiB, scenario } from '../../lib/scenario.mjs';

scenario('a limit of the bandwidth, without a length, or without ranges', {}, async (test) => {
  const { page } = await test.open();
  const files = {
    'no length': test.resource({ size: 3 * MiB, chunked: 1 }),
    'no ranges': test.resource({ size: 3 * MiB, norange: 1 }),
    neither: test.resource({ size: 3 * MiB, chunked: 1, norange: 1 }),
  };
  for (const [id, file] of Object.entries(files)) {
    await page.evaluate((id, url) => t.startFetch(id, url, { maxBandwidth: 1 << 20 }), id, file.url);
  }
  for (const [id, file] of Object.entries(files)) {
    const event = await test.settled(page, id, 'backgroundfetchsuccess');
    assert.equal(event.records[0].sha256, await file.sha256(), id);
    const log = await file.log();
    assert.ok(gets(log).length <= 8, `${id}: ${gets(log).length} requests`);
    assert.ok(bytesSent(log) <= 3 * file.size, `${id}: ${bytesSent(log)} bytes were sent`);
  }
});

scenario('small bodies that come with their heads, and that do not', {}, async (test) => {
  const { page } = await test.open();
  const files = {
    'with its head': test.resource({ size: 20_000 }),
    slow: test.resource({ size: 20_000, rate: 40_000 }),
    'cut once': test.resource({ size: 20_000, cut: 9000, cutcount: 1 }),
    'no length': test.resource({ size: 20_000, chunked: 1 }),
    encoded: test.resource({ size: 20_000, text: 1, gzip: 1 }),
    'not that small': test.resource({ size: 70_000 }),
    empty: test.resource({ size: 0 }),
  };
  const urls = Object.values(files).map(({ url }) => url);
  await page.evaluate((urls) => t.startFetch('small', urls), urls);
  const event = await test.settled(page, 'small', 'backgroundfetchsuccess');
  const plain = await page.evaluate(
    (urls) => Promise.all(urls.map(async (url) => sha256(await (await fetch(url)).arrayBuffer()))),
    urls,
  );
  for (const [i, [name, file]] of Object.entries(files).entries()) {
    const record = event.records.find(({ url }) => url === file.url);
    assert.equal(record.sha256, plain[i], name);
    assert.equal(record.responseUrl, file.url, name);
  }
  for (const name of ['with its head', 'slow', 'not that small'])
    assert.equal(gets(await files[name].log()).length, 2, `${name}: one request, and one of the page`);
});

scenario('what was completed by ranges is a 200, and can be put in a cache', {}, async (test) => {
  const { page } = await test.open({ worker: { store: 1 } });
  const file = test.resource({ size: 3 * MiB });
  await page.evaluate((url) => t.startFetch('whole', url, { maxBandwidth: 2 << 20 }), file.url);
  const event = await test.settled(page, 'whole', 'backgroundfetchsuccess');
  const { status, headers, error } = event.records[0];
  assert.equal(error, undefined);
  assert.equal(status, 200);
  assert.ok(!headers.some(([name]) => name.toLowerCase() === 'content-range'));
  assert.ok(gets(await file.log()).length > 1, 'it came by ranges');
});

scenario('a range that the site itself asked for stays a 206', {}, async (test) => {
  const { page } = await test.open();
  const file = test.resource({ size: 3 * MiB, rate: 2 * MiB, cut: 1500000 });
  await page.evaluate((url) => t.startFetch('own', { url, headers: { Range: 'bytes=1000000-1999999' } }), file.url);
  const event = await test.settled(page, 'own', 'backgroundfetchsuccess');
  const { status, size, sha256, headers } = event.records[0];
  assert.deepEqual([status, size], [206, 1_000_000]);
  const range = headers.find(([name]) => name.toLowerCase() === 'content-range')?.[1];
  assert.equal(range, `bytes 1000000-1999999/${file.size}`);
  const expected = await page.evaluate(
    async (url) => sha256((await (await fetch(url)).arrayBuffer()).slice(1_000_000, 2_000_000)),
    file.url,
  );
  assert.equal(sha256, expected);
  // Nothing but that range is asked for, since it cannot be continued.
  const asked = gets(await file.log()).slice(0, -1);
  const ranges = asked.map(({ range }) => range);
  assert.ok(ranges.length > 1 && ranges.every((range) => range === 'bytes=1000000-1999999'), `Range ${ranges}`);
});

scenario('pauses do not count against a server without ranges', {}, async (test) => {
  const { page } = await test.open();
  const file = test.resource({ size: 6 * MiB, norange: 1, rate: 2 * MiB });
  await page.evaluate((url) => t.startFetch('paused', url), file.url);
  let before = 0;
  for (let pauses = 0; pauses < 5; pauses++) {
    await page.evaluate((bytes) => t.waitForDownloaded('paused', bytes), before + 1);
    const downloaded = await page.evaluate(async () => {
      const registration = t.held.get('paused');
      await registration.pause();
      const { downloaded } = registration;
      await registration.resume();
      return downloaded;
    });
    assert.ok(downloaded >= before, `${downloaded} bytes after ${before}`);
    before = downloaded;
  }
  const event = await test.settled(page, 'paused', 'backgroundfetchsuccess');
  assert.equal(event.records[0].sha256, await file.sha256());
});

scenario('the HTTP cache has a copy without CORS', {}, async (test) => {
  const { page } = await test.open();
  const picture = test.resource({
    size: 100_000,
    type: 'image/png',
    cachecontrol: 'max-age=3600',
    cors: 1,
    corsorigin: 1,
    origin: test.server.url2,
  });
  // The page shows it first, without CORS.
  await page.evaluate(
    (url) =>
      new Promise((resolve) => {
        const image = new Image();
        image.onload = image.onerror = () => resolve();
        image.src = url;
      }),
    picture.url,
  );
  await page.evaluate((url) => t.startFetch('picture', url), picture.url);
  const event = await test.settled(page, 'picture', 'backgroundfetchsuccess');
  assert.equal(event.records[0].sha256, await picture.sha256());
});
