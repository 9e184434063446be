// What is stored is lost, damaged, or has no room.
import { assert, bytesSent, gets, MiB, rangeStarts, scenario } from '../../lib/scenario.mjs';

/** Calls a method of `kept`, which only the worker has. */
const callKept = (page, method, ...args) =>
  page.evaluate(
    async (method, args) => {
      const { port1, port2 } = new MessageChannel();
      const answer = new Promise((resolve) => (port1.onmessage = ({ data }) => resolve(data)));
      (await t.site()).active.postMessage({ type: 'kept', method, args }, [port2]);
      return answer;
    },
    method,
    args,
  );

for (const keep of [false, true]) {
  scenario(
    `lost: a page deletes all caches in mid-transfer${keep ? ', of what is to be kept' : ''}`,
    { drawn: true },
    async (test) => {
      const { page } = await test.open({ script: '/sw-keep.js' });
      const small = test.resource({ size: 10_000 });
      const large = test.resource({ size: 12 * MiB, rate: 2 * MiB });
      const urls = [small.url, large.url];
      await page.evaluate((...args) => t.startFetch('lost', ...args), urls, { keep });
      for (const bytes of [2 * MiB, 5 * MiB]) {
        await page.evaluate((bytes) => t.waitForDownloaded('lost', bytes).then(t.deleteAllCaches), bytes);
      }
      const event = await test.event('lost');
      assert.equal(event.type, 'backgroundfetchsuccess');
      assert.deepEqual(
        event.records.map(({ sha256 }) => sha256),
        [await small.sha256(), await large.sha256()],
      );
      const log = await large.log();
      assert.ok(rangeStarts(log).length > 0, 'what came into the new cache was kept');
      assert.ok(bytesSent(log) < 2.2 * large.size, `${bytesSent(log)} bytes for a file of ${large.size}`);
      if (keep) assert.equal((await callKept(page, 'match', large.url)).sha256, await large.sha256());
      else await page.waitFor('the storage to be empty', 10_000, () => t.storageIsEmpty());
    },
  );
}

scenario('lost: a page with page.js that tidies up its caches deletes none of ours', {}, async (test) => {
  const { page } = await test.open();
  const file = test.resource({ size: 8 * MiB, rate: 2 * MiB });
  await page.evaluate((url) => t.startFetch('tidy', url), file.url);
  await page.evaluate((bytes) => t.waitForDownloaded('tidy', bytes), 2 * MiB);
  const deleted = await page.evaluate(async () => {
    await caches.open('old');
    const names = await caches.keys();
    const results = await Promise.all(names.map(async (name) => [name, await caches.delete(name)]));
    return results.filter(([, result]) => result).map(([name]) => name);
  });
  assert.deepEqual(deleted, ['old']);
  const event = await test.settled(page, 'tidy', 'backgroundfetchsuccess');
  assert.equal(event.records[0].sha256, await file.sha256());
  const [only, ...others] = gets(await file.log());
  assert.deepEqual([only.range ?? '', others], ['', []], 'one request');
});

scenario('lost: the body of an upload, whose answer can be read all the same', {}, async (test) => {
  const { page } = await test.open();
  const upload = test.resource({ kind: 'upload', delay: 3000 });
  const request = { url: upload.url, method: 'POST', body: { size: 1000, byte: 7 } };
  await page.evaluate((request) => t.startFetch('upload', request), request);
  while (!(await upload.log()).some(({ method }) => method === 'POST')) await new Promise((resolve) => setTimeout(resolve, 50));
  await page.evaluate(() => t.deleteAllCaches());
  const event = await test.settled(page, 'upload', 'backgroundfetchsuccess');
  assert.ok(event.records[0].size > 0, JSON.stringify(event.records[0]));
});

scenario('lost: a damaged program in the cache', { drawn: true, timeout: 120_000 }, async (test) => {
  const { page } = await test.open({ script: '/sw-exit.js' });
  const file = test.resource({ size: 1000 });
  const fetchAgain = async (id) => {
    await page.evaluate((...args) => t.startFetch(...args), id, file.url);
    return test.settled(page, id, 'backgroundfetchsuccess');
  };
  await fetchAgain('first');
  for (const how of ['cut', 'changed', 'other']) {
    const stored = await page.evaluate(async (how) => {
      const name = (await caches.keys()).find((name) => name.startsWith('bgfetch:program:'));
      const cache = await caches.open(name);
      const [key] = await cache.keys();
      const response = await cache.match(key);
      const { headers } = response;
      let bytes = new Uint8Array(await response.arrayBuffer());
      if (how === 'cut') bytes = bytes.subarray(0, 100_000);
      if (how === 'changed') bytes[bytes.length - 1000] ^= 1; // still a program
      if (how === 'other') bytes = new TextEncoder().encode('<!doctype html>');
      await cache.put(key, new Response(bytes, { headers }));
      (await t.site()).active.postMessage({ type: 'exit-program' });
      return name;
    }, how);
    await fetchAgain(how);
    await page.waitFor(
      `the right program to be stored after ${how}`,
      10_000,
      async (name) => {
        const cache = await caches.open(name);
        const [key] = await cache.keys();
        return key && name.endsWith((await sha256(await (await cache.match(key)).arrayBuffer())).slice(0, 16));
      },
      stored,
    );
  }
});

scenario('lost: puts that never settle give the room for others back', { drawn: true, timeout: 120_000 }, async (test) => {
  const { page } = await test.open({ script: '/sw-deaf.js' });
  const retry = { stallTimeout: 1000, backOff: 50, maxFailures: 1 };
  const ids = ['a', 'b', 'c', 'd'];
  const files = ids.map(() => test.resource({ size: 32 * MiB }));
  for (const [i, id] of ids.entries()) await page.evaluate((...args) => t.startFetch(...args), id, files[i].url, { retry });
  for (const id of ids) assert.equal((await test.event(id)).failureReason, 'fetch-error');
  const ignored = await page.evaluate(async () => {
    const { port1, port2 } = new MessageChannel();
    const answer = new Promise((resolve) => (port1.onmessage = ({ data }) => resolve(data)));
    (await t.site()).active.postMessage({ type: 'hear' }, [port2]);
    return answer;
  });
  assert.ok(ignored > ids.length, `${ignored} puts`);
  const file = test.resource({ size: 32 * MiB });
  await page.evaluate((...args) => t.startFetch(...args), 'next', file.url, { retry });
  const event = await test.settled(page, 'next', 'backgroundfetchsuccess');
  assert.equal(event.records[0].sha256, await file.sha256());
  assert.equal(test.boots().length, 1, 'in the same worker');
});

for (const error of ['firefox', 'webkit']) {
  scenario(`lost: a full disk as ${error} tells of it`, {}, async (test) => {
    const { page } = await test.open({ script: '/sw-quota.js', worker: { puts: 2, error } });
    const file = test.resource({ size: 16 * MiB, link: 16 * MiB });
    await page.evaluate((url) => t.startFetch('full', url), file.url);
    const event = await test.settled(page, 'full', 'backgroundfetchfail');
    assert.equal(event.failureReason, 'quota-exceeded');
    assert.equal(gets(await file.log()).length, 1, 'requests');
  });
}

// WebKitGTK has no way to be told how much a site may store.
const limited = { browsers: ['chromium', 'firefox'], timeout: 120_000 };

scenario('lost: what did not fit has left its room to the next', limited, async (test) => {
  const { page } = await test.open({ quota: 40 * MiB });
  const small = test.resource({ size: 2 * MiB });
  const large = test.resource({ size: 64 * MiB, chunked: 1 });
  const next = test.resource({ size: 20 * MiB });
  await page.evaluate((...args) => t.startFetch('large', ...args), [small.url, large.url]);
  // At the moment when the page hears of it.
  await page.evaluate(() => t.waitForResult('large', 60_000));
  await page.evaluate((url) => t.startFetch('next', url), next.url);
  const failed = await test.event('large');
  assert.equal(failed.failureReason, 'quota-exceeded');
  assert.deepEqual([failed.records[0].sha256, failed.records[1].error.name], [await small.sha256(), 'TypeError']);
  const event = await test.settled(page, 'next', 'backgroundfetchsuccess');
  assert.equal(event.records[0].sha256, await next.sha256());
});

scenario('lost: a file that was replaced leaves its room to the new one', limited, async (test) => {
  const { page } = await test.open({ quota: 40 * MiB });
  const file = test.resource({ size: 24 * MiB, rate: 12 * MiB, cut: 21 * MiB, norange: 1, replaceafter: 1 });
  await page.evaluate((url) => t.startFetch('replaced', url), file.url);
  const event = await test.settled(page, 'replaced', 'backgroundfetchsuccess');
  const seed = Number(new URL(file.url).searchParams.get('seed')) + 1;
  assert.equal(event.records[0].sha256, await test.server.sha256({ size: file.size, seed }));
});

scenario('lost: what was kept and is deleted has left its room', limited, async (test) => {
  const { page } = await test.open({ script: '/sw-keep.js', quota: 40 * MiB });
  const [old, next] = [24 * MiB, 20 * MiB].map((size) => test.resource({ size }));
  await page.evaluate((url) => t.startFetch('old', url, { keep: true }), old.url);
  await test.event('old');
  // Only then is it done with: while its event is not over, it takes its room.
  await page.waitFor('it to be kept', 10_000, async () => {
    const { fetches } = await (await fetch('/__bgfetch__/list')).json();
    return fetches.length === 0;
  });
  assert.equal(await callKept(page, 'delete', old.url), true);
  await page.evaluate((url) => t.startFetch('next', url), next.url);
  const event = await test.settled(page, 'next', 'backgroundfetchsuccess');
  assert.equal(event.records[0].sha256, await next.sha256());
});
