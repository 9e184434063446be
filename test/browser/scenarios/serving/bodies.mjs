// What the worker serves of a download: bytes by Range, to fetch() and to players.
import { assert, MiB, scenario } from '../../lib/scenario.mjs';

/** Path of a record's body, by the id of its background fetch. */
const bodyOf = (id, index = 0) => `/__bgfetch__/ids/${encodeURIComponent(id)}/records/${index}/body`;

scenario('a body while it downloads, by Range', {}, async (test) => {
  const { page } = await test.open();
  const file = test.resource({ size: 6 * MiB, link: 2 * MiB, type: 'video/mp4' });
  await page.evaluate((url) => t.startFetch('a/b', url), file.url);
  const answers = await page.evaluateFor(
    60_000,
    async (path, url, size) => {
      const ask = async (range, method = 'GET', more = {}) => {
        const response = await fetch(path, { method, headers: { ...(range && { Range: range }), ...more } });
        const body = await response.arrayBuffer();
        const { status, headers } = response;
        const fields = ['content-range', 'content-length', 'content-type', 'accept-ranges', 'etag', 'last-modified'];
        return {
          status,
          size: body.byteLength,
          sha256: await sha256(body),
          ...Object.fromEntries(fields.map((name) => [name, headers.get(name)])),
        };
      };
      /** Of an answer with all of the body, which would take as long as the download. */
      const headOf = async (headers) => {
        const { status, headers: fields, body } = await fetch(path, { headers });
        await body.cancel();
        return [status, fields.get('content-range'), fields.get('content-length')];
      };
      const first = await ask('bytes=0-99999');
      const early = t.state('a/b');
      const { etag } = first;
      const all = {
        first,
        middle: await ask('bytes=3000001-3000010'),
        end: await ask('bytes=-5'),
        head: await ask('bytes=0-99999', 'HEAD'),
        changed: await headOf({ Range: 'bytes=0-9', 'If-Range': '"other"' }),
        unit: await headOf({ Range: 'lines=0-9' }),
        same: await ask('bytes=0-9', 'GET', { 'If-Range': etag }),
        beyond: await ask(`bytes=${size}-`),
        whole: await ask(),
      };
      const original = await (await fetch(url)).arrayBuffer();
      const part = (from, to) => sha256(original.slice(from, to));
      const expected = {
        first: await part(0, 100_000),
        middle: await part(3_000_001, 3_000_011),
        end: await part(-5),
        whole: await part(0),
      };
      return { all, expected, early };
    },
    bodyOf('a/b'),
    `/file/${file.name}-original?size=${file.size}&seed=${new URL(file.url).searchParams.get('seed')}`,
    file.size,
  );

  const { all, expected, early } = answers;
  assert.equal(early.result, '', 'it was still downloading');
  assert.deepEqual(
    [all.first.status, all.first.size, all.first['content-range'], all.first['content-type'], all.first['accept-ranges']],
    [206, 100_000, `bytes 0-99999/${file.size}`, 'video/mp4', 'bytes'],
  );
  assert.equal(all.middle['content-range'], `bytes 3000001-3000010/${file.size}`);
  assert.equal(all.end['content-range'], `bytes ${file.size - 5}-${file.size - 1}/${file.size}`);
  assert.ok(all.first.etag && all.first['last-modified']);
  // Ranges are for GET alone, and of bytes.
  assert.deepEqual([all.head.status, all.head.size, all.head['content-length']], [200, 0, String(file.size)]);
  assert.deepEqual(all.unit, [200, null, String(file.size)]);
  assert.deepEqual(all.changed, all.unit);
  assert.deepEqual([all.same.status, all.same.size], [206, 10]);
  assert.deepEqual([all.beyond.status, all.beyond['content-range']], [416, `bytes */${file.size}`]);
  assert.deepEqual([all.whole.status, all.whole.size], [200, file.size]);
  for (const [name, sha256] of Object.entries(expected)) assert.equal(all[name].sha256, sha256, name);
  await test.settled(page, 'a/b', 'backgroundfetchsuccess');
});

scenario('a player begins before the end, seeks to the end and back', { timeout: 120_000 }, async (test) => {
  const { page } = await test.open();
  const file = test.resource({ size: 8 * MiB, link: MiB, wav: 1, type: 'audio/wav' });
  await page.evaluate((url) => t.startFetch('song', url), file.url);
  const played = await page.evaluateFor(90_000, (...args) => t.play(...args), 'song', bodyOf('song'), [-2, 1]);
  const [end, back] = played.at;
  const duration = (file.size - 44) / 44_100;
  assert.ok(Math.abs(played.duration - duration) < 1, `${played.duration} s instead of ${duration}`);
  assert.equal(played.early.result, '', 'it began while the download went on');
  assert.ok(Math.abs(end - (duration - 2)) < 0.5, `it is at ${end}`);
  assert.ok(Math.abs(back - 1) < 0.5, `it is at ${back}`);
  const event = await test.settled(page, 'song', 'backgroundfetchsuccess');
  assert.equal(event.records[0].sha256, await file.sha256());
});

scenario('a hundred reads that are given up', { drawn: true }, async (test) => {
  const { page } = await test.open({ script: '/sw-counts.js' });
  const file = test.resource({ size: 8 * MiB, link: MiB / 2 }); // lasts longer than the reads on a busy machine
  await page.evaluate((url) => t.startFetch('film', url), file.url);
  await page.evaluate(() => t.waitForDownloaded('film', 1));
  const count = async () => {
    const { goroutines } = await (await fetch('/__bgfetch__/program')).json();
    const listeners = await new Promise((resolve) => {
      const { port1, port2 } = new MessageChannel();
      port1.onmessage = ({ data }) => resolve(data);
      navigator.serviceWorker.controller.postMessage({ type: 'listeners' }, [port2]);
    });
    return { goroutines, listeners };
  };
  const before = await page.evaluate(count);
  const whole = await page.evaluateFor(
    60_000,
    async (path, size) => {
      const soon = () => new Promise((resolve) => setTimeout(resolve, 50));
      for (let i = 0; i < 100; i++) {
        const abort = new AbortController();
        // Firefox gives the response only with its first byte, which may be far away.
        const responds = fetch(path, { headers: { Range: `bytes=${(i * 7919 * 31) % size}-` }, signal: abort.signal });
        const response = await Promise.race([responds, soon()]);
        if (response && response.status !== 206) throw new Error(`status ${response.status}`);
        // Some before a byte, some after some.
        if (response && i % 2) await Promise.race([response.body.getReader().read(), soon()]);
        responds.catch(() => {});
        abort.abort();
      }
      const whole = await (await fetch(path)).arrayBuffer();
      return { size: whole.byteLength, sha256: await sha256(whole) };
    },
    bodyOf('film'),
    file.size,
  );
  assert.deepEqual(whole, { size: file.size, sha256: await file.sha256() });
  await test.settled(page, 'film', 'backgroundfetchsuccess');
  let after;
  for (const until = Date.now() + 15_000; Date.now() < until; await new Promise((resolve) => setTimeout(resolve, 200))) {
    after = await page.evaluate(count);
    // For the second after a page has come nobody listens for changes of the network.
    if (after.goroutines <= before.goroutines + 2 && after.listeners <= before.listeners + 1) return;
  }
  assert.fail(`${JSON.stringify(after)}, before it was ${JSON.stringify(before)}`);
});
