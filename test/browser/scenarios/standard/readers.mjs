// Pages that read while the worker is stopped, and pages that no worker controls.
import { assert, MiB, scenario } from '../../lib/scenario.mjs';

scenario('responseReady streams on over a stop of the worker', { drawn: true, timeout: 120_000 }, async (test) => {
  const { browser, page } = await test.open({ stoppable: true });
  const file = test.resource({ size: 20 * MiB, link: 3 * MiB });
  await page.evaluate(async (url) => {
    await t.startFetch('read', url);
    self.read = t.readWhileLoading('read', url);
  }, file.url);
  await page.evaluate((bytes) => t.waitForDownloaded('read', bytes, 25_000), 4 * MiB);
  const boots = test.boots().length;
  await browser.stopWorker(page);
  await test.nextBoot(boots);
  const read = await page.evaluateFor(60_000, () => self.read);
  assert.ok(read.first.downloaded < file.size / 2, `the first bytes came after ${read.first.downloaded}`);
  assert.deepEqual([read.size, read.sha256], [file.size, await file.sha256()]);
  const event = await test.settled(page, 'read', 'backgroundfetchsuccess');
  assert.equal(event.records[0].sha256, await file.sha256());
});

scenario('a page that is reloaded past its worker finds what it started', { drawn: true, timeout: 60_000 }, async (test) => {
  const { page } = await test.open();
  const file = test.resource({ size: 12 * MiB, rate: 2 * MiB });
  await page.evaluate((url) => t.startFetch('past', url), file.url);
  const { downloaded } = await page.evaluate((bytes) => t.waitForDownloaded('past', bytes), MiB);
  if (await page.reloadPastWorker()) {
    assert.equal(await page.evaluate(() => navigator.serviceWorker.controller), null);
  }
  const found = await page.evaluate(() => t.getFetch('past'));
  assert.equal(found.result, '');
  assert.ok(found.downloaded >= downloaded, `${found.downloaded} after ${downloaded}`);
  assert.equal((await page.evaluate(() => t.waitForResult('past', 25_000))).result, 'success');
  const event = await test.settled(page, 'past', 'backgroundfetchsuccess');
  assert.equal(event.records[0].sha256, await file.sha256());
});

scenario("bodies are byte streams where the browser's own are", {}, async (test) => {
  const { page } = await test.open();
  const small = test.resource({ size: 20_000 });
  const large = test.resource({ size: 12 * MiB, link: 4 * MiB });
  const seen = await page.evaluateFor(
    60_000,
    async (urls) => {
      const native = await t.rejection(() => new Response('own').body.getReader({ mode: 'byob' }));
      await t.startFetch('bytes', urls);
      const records = await t.held.get('bytes').matchAll();
      const responses = await Promise.all(records.map((record) => record.responseReady));
      const read = async (response) => {
        const clone = response.clone();
        const error = await t.rejection(() => clone.body.getReader({ mode: 'byob' }).releaseLock());
        if (error) return { error, sha256: await sha256(await response.arrayBuffer()) };
        const reader = response.body.getReader({ mode: 'byob' });
        const parts = [];
        let buffer = new ArrayBuffer(10_007);
        for (;;) {
          const { done, value } = await reader.read(new Uint8Array(buffer));
          if (value) buffer = value.buffer;
          // The buffer comes back at the end, too.
          if (done)
            return {
              error,
              back: value?.byteLength === 0 && buffer.byteLength === 10_007,
              sha256: await sha256(await new Blob(parts).arrayBuffer()),
            };
          parts.push(value.slice());
        }
      };
      return { native, read: await Promise.all(responses.map(read)) };
    },
    [small.url, large.url],
  );
  const hashes = [await small.sha256(), await large.sha256()];
  for (const [index, sha256] of hashes.entries()) {
    const { error, back, sha256: actual } = seen.read[index];
    assert.equal(error === null, seen.native === null, JSON.stringify([seen.native, error]));
    assert.equal(actual, sha256);
    if (!error) assert.equal(back, true, 'the buffer came back');
  }
  assert.equal(seen.native === null, test.driver.name !== 'webkit', 'WebKitGTK has no byte streams');
  await test.settled(page, 'bytes', 'backgroundfetchsuccess');
});

scenario('the length of HEAD is shown, and that of GET when the body is complete', {}, async (test) => {
  const { page } = await test.open();
  const file = test.resource({ size: 12 * MiB, link: 6 * MiB });
  const early = await page.evaluate(async (url) => {
    await t.startFetch('lengths', [{ url, method: 'HEAD' }, url]);
    const records = await t.held.get('lengths').matchAll();
    const responses = await Promise.all(records.map((record) => record.responseReady));
    return {
      lengths: responses.map(({ headers }) => headers.get('Content-Length')),
      empty: (await responses[0].arrayBuffer()).byteLength,
      body: responses[0].body,
    };
  }, file.url);
  assert.deepEqual(early, { lengths: [String(file.size), null], empty: 0, body: null });
  const { records } = await test.settled(page, 'lengths', 'backgroundfetchsuccess');
  assert.deepEqual(
    records.map(({ headers }) => Object.fromEntries(headers)['content-length']),
    [String(file.size), String(file.size)],
  );
});
