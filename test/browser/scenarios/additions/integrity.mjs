// Request.integrity is honoured over interruptions, and nothing of a body is shown
// before all of it has proved right.
import { assert, gets, MiB, scenario } from '../../lib/scenario.mjs';
import { sri } from '../../lib/sri.mjs';

scenario('integrity: right, wrong, and malformed', {}, async (test) => {
  const { page } = await test.open();
  const file = test.resource({ size: 3 * MiB, rate: 2 * MiB, cut: 1_500_001 });
  const right = sri(await file.sha256());
  await page.evaluate((request) => t.startFetch('right', [request]), { url: file.url, integrity: right });
  const early = await page.evaluate(async (url) => {
    await t.waitForDownloaded('right', 1);
    const { responseReady } = await t.held.get('right').match(url);
    return Promise.race([responseReady.then(() => 'exposed'), new Promise((resolve) => setTimeout(resolve, 300, 'hidden'))]);
  }, file.url);
  assert.equal(early, 'hidden');
  const success = await test.settled(page, 'right', 'backgroundfetchsuccess');
  assert.equal(success.records[0].sha256, await file.sha256());

  const other = test.resource({ size: 3 * MiB });
  await page.evaluate((request) => t.startFetch('wrong', [request]), { url: other.url, integrity: right });
  const failure = await test.settled(page, 'wrong', 'backgroundfetchfail');
  assert.equal(failure.failureReason, 'fetch-error');
  assert.ok(failure.records[0].error, 'nothing is exposed');

  const refused = await page.evaluate((request) => t.rejection(() => t.startFetch('malformed', [request])), {
    url: other.url,
    integrity: 'sha256-AAAA',
  });
  assert.equal(refused.name, 'TypeError');
  assert.match(refused.message, /sha256-AAAA/);
});

/** The hashes of the pieces of a file. */
function piecesOf(page, file) {
  return page.evaluate(
    async (url, length) => {
      const body = await (await fetch(url)).arrayBuffer();
      const hashes = [];
      for (let start = 0; start < body.byteLength; start += length) {
        const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', body.slice(start, start + length)));
        hashes.push(`sha256-${btoa(String.fromCharCode(...digest))}`);
      }
      return { length, hashes };
    },
    file.url,
    MiB,
  );
}

scenario('pieces: each can be read when it is verified', {}, async (test) => {
  const { page } = await test.open();
  const whole = test.resource({ size: 8 * MiB + 1000 });
  const pieces = await piecesOf(page, whole);
  const seed = new URL(whole.url).searchParams.get('seed');
  const file = test.resource({ size: whole.size, seed, rate: 1.5 * MiB });
  await page.evaluate(
    async (url, pieces) => {
      await t.startFetch('read', url, { pieces: { [url]: pieces } });
      self.read = t.readWhileLoading('read', url);
    },
    file.url,
    pieces,
  );
  const read = await page.evaluateFor(60_000, () => self.read);
  assert.ok(read.first.downloaded < file.size / 2, `the first bytes came after ${read.first.downloaded}`);
  assert.deepEqual([read.size, read.sha256], [file.size, await whole.sha256()]);
  await test.settled(page, 'read', 'backgroundfetchsuccess');
  assert.equal(gets(await file.log()).length, 1);
});

scenario('pieces: a wrong one is fetched again, at most twice', {}, async (test) => {
  const { page } = await test.open();
  const size = 3 * MiB + 1000;
  const file = test.resource({ size, rate: 8 * MiB });
  const pieces = await piecesOf(page, file);

  const seed = new URL(file.url).searchParams.get('seed');
  const once = test.resource({ size, seed, corrupt: MiB + 5 });
  await page.evaluate((url, pieces) => t.startFetch('once', url, { pieces: { [url]: pieces } }), once.url, pieces);
  const success = await test.settled(page, 'once', 'backgroundfetchsuccess');
  assert.equal(success.records[0].sha256, await file.sha256());
  const ranges = gets(await once.log()).map((entry) => entry.range);
  assert.deepEqual(ranges, ['', `bytes=${MiB}-${2 * MiB - 1}`]);

  const always = test.resource({ size, seed, corrupt: MiB + 5, cutcount: 0 });
  await page.evaluate((url, pieces) => t.startFetch('always', url, { pieces: { [url]: pieces } }), always.url, pieces);
  const failure = await test.settled(page, 'always', 'backgroundfetchfail');
  assert.equal(failure.failureReason, 'fetch-error');
  assert.ok(failure.records[0].error, 'nothing is exposed');
  assert.equal(gets(await always.log()).length, 3);

  const refused = await page.evaluate(
    async (url, pieces) => {
      const start = (pieces) => t.rejection(() => t.startFetch('malformed', url, { pieces }));
      return [
        await start({ '/elsewhere': pieces }),
        await start({ [url]: { ...pieces, length: 5 } }),
        await start({ [url]: { ...pieces, hashes: 'none' } }),
        await start({ [url]: { ...pieces, hashes: ['sha256-AAAA'] } }),
      ];
    },
    always.url,
    pieces,
  );
  for (const error of refused) {
    assert.equal(error?.name, 'TypeError');
    assert.match(error.message, /options\.pieces.*(no request|length|hashes)/);
  }
});
