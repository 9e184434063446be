// What our code takes for granted about the three browsers, asked of the browsers
// themselves: a version that differs fails here first. docs/observations.md is the
// account of it; the native tests hold the browsers that they imitate against the same
// test/faultmatrix/observations.json.
import fs from 'node:fs';
import { assert, scenario } from '../../lib/scenario.mjs';

const rows = JSON.parse(fs.readFileSync(new URL('../../../faultmatrix/observations.json', import.meta.url), 'utf8'));

const SIZE = 300_000;
const RESOURCE = { size: SIZE, seed: 7, text: 1, rate: 4_000_000 };
const ACCEPTS = { chromium: 'gzip, deflate, br, zstd', firefox: 'gzip, deflate, br, zstd', webkit: 'gzip, deflate' };

/** A page, and a function that calls another in its service worker. */
async function observed(test) {
  const { page } = await test.open({ script: '/sw-eval.js' });
  const inWorker = async (code, ...args) => {
    const { value, error } = await page.evaluate(
      async (code, args) => {
        const { port1, port2 } = new MessageChannel();
        const answer = new Promise((resolve) => (port1.onmessage = ({ data }) => resolve(JSON.parse(data))));
        (await t.site()).active.postMessage({ code, args }, [port2]);
        return answer;
      },
      String(code),
      args,
    );
    assert.equal(error, undefined);
    return value;
  };
  return { page, inWorker };
}

/** In the worker: what becomes of a response, in the words of observations.json. */
async function observe(url, range, contentURL) {
  const attempt = `${url}#${crypto.randomUUID()}`;
  let response;
  try {
    response = await fetch(attempt, { headers: range ? { Range: range } : {} });
  } catch {
    return { result: 'rejected' };
  }
  const headers = [...response.headers].map(([name]) => name);
  const pieces = [];
  try {
    for (const reader = response.body.getReader(); ; ) {
      const { done, value } = await reader.read();
      if (done) break;
      pieces.push(value);
    }
  } catch {
    return { result: 'error', headers };
  }
  const text = await new Blob(pieces).text();
  const bytes = (await new Blob(pieces).arrayBuffer()).byteLength;
  let result = `end at ${bytes}`;
  let entry;
  for (const end = performance.now() + 300; !entry && performance.now() < end; ) {
    [entry] = performance.getEntriesByName(attempt);
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  if (entry?.decodedBodySize === bytes) result += `, of ${entry.encodedBodySize}`;
  performance.clearResourceTimings();
  const content = await (await fetch(contentURL)).text();
  const from = Number(range?.match(/\d+/)[0] ?? 0);
  const right = [0, from].some((offset) => content.slice(offset, offset + bytes) === text);
  return { result: right ? result : `${result}, not decoded`, headers };
}

scenario('observations: what becomes of a body', { plain: true, timeout: 120_000 }, async (test) => {
  const { inWorker } = await observed(test);
  const { url, url2 } = test.server;
  const results = [];
  for (const [index, row] of rows.entries()) {
    const name = `${test.id}-${index}`;
    const target = `/file/${name}-target?${new URLSearchParams(RESOURCE)}&`;
    const query = row.query
      .replace('{here}', encodeURIComponent(url + target))
      .replace('{there}', encodeURIComponent(url2 + target));
    const resource = `${row.crossOrigin ? url2 : url}/file/${name}?${new URLSearchParams(RESOURCE)}&${query}`.replace(/&$/, '');
    const content = test.server.file(`${name}-content`, RESOURCE);
    const result = { name: row.name };
    try {
      const { result: got, headers = [] } = await inWorker(observe, resource, row.range ?? null, content);
      assert.equal(got, row[test.driver.name]);
      for (const header of row.shows ?? []) assert.ok(headers.includes(header), `${header} is hidden`);
      for (const header of row.hides ?? []) assert.ok(!headers.includes(header), `${header} is visible`);
      const [request] = await test.server.log(name);
      assert.equal(request.acceptEncoding, row.range ? 'identity' : ACCEPTS[test.driver.name]);
    } catch (error) {
      result.error = error;
    }
    results.push(result);
  }
  return results;
});

scenario('observations: which timing entry belongs to which fetch', { plain: true }, async (test) => {
  const { inWorker } = await observed(test);
  const { url } = test.resource({ size: SIZE, text: 1 });
  const sizes = await inWorker(async (url) => {
    const entry = async (name) => {
      for (const end = performance.now() + 300; performance.now() < end; ) {
        const [found] = performance.getEntriesByName(name);
        if (found) return found.encodedBodySize;
        await new Promise((resolve) => setTimeout(resolve, 1));
      }
      return 'none';
    };
    const fetched = [1, 2, 3].map(async (number) => {
      const response = await fetch(`${url}#${number}`, { headers: { Range: `bytes=${number}00-` } });
      await response.arrayBuffer();
      return entry(`${url}#${number}`);
    });
    return Promise.all(fetched);
  }, url);
  const known = [SIZE - 100, SIZE - 200, SIZE - 300];
  assert.deepEqual(sizes, test.driver.name === 'webkit' ? ['none', 'none', 'none'] : known);

  const coded = test.resource({ origin: test.server.url2, size: SIZE, text: 1, cors: 1, gzip: 1 });
  const coding = await inWorker(async (url) => {
    await (await fetch(url)).arrayBuffer();
    return performance.getEntriesByName(url).at(-1)?.contentEncoding ?? 'not told';
  }, coded.url);
  assert.equal(coding, test.driver.name === 'chromium' ? 'gzip' : 'not told', 'a coding that CORS hides');

  const full = await inWorker(
    async (url) => {
      performance.clearResourceTimings();
      const names = new Set();
      const observer = new PerformanceObserver((list) => list.getEntries().forEach(({ name }) => names.add(name)));
      observer.observe({ type: 'resource' });
      for (let number = 0; number < 260; number++) await (await fetch(`${url}&delay=${number % 2}&size=${number}`)).text();
      const last = `${url}&delay=1&size=259`;
      for (const end = performance.now() + 2000; !names.has(last) && performance.now() < end; ) {
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
      observer.disconnect();
      const stored = performance.getEntriesByType('resource').length;
      performance.clearResourceTimings();
      return { stored, last: names.has(last), left: performance.getEntriesByType('resource').length };
    },
    test.resource({ text: 1 }).url,
  );
  assert.deepEqual(full, { stored: 250, last: true, left: 0 });
});

scenario('observations: what the Cache API takes, and what stays', { plain: true }, async (test) => {
  const { inWorker } = await observed(test);
  const put = (url, headers = {}) =>
    inWorker(
      async (url, headers) => {
        const cache = await caches.open('observed');
        const stored = cache.put('/stored', await fetch(url, { headers }));
        return stored.then(
          async () => (await (await cache.match('/stored')).arrayBuffer()).byteLength,
          () => 'rejected',
        );
      },
      url,
      headers,
    );
  assert.equal(await put(test.resource({ size: SIZE }).url, { Range: 'bytes=5-' }), 'rejected', 'a 206');
  const short = await put(test.resource({ size: SIZE, text: 1, stored: 'br', fin: 131087 }).url);
  assert.equal(short, test.driver.name === 'firefox' ? 131078 : 'rejected', 'brotli that was closed too early');

  const deleted = await inWorker(async () => {
    const held = await caches.open('deleted');
    await held.put('/before', new Response('before'));
    await caches.delete('deleted');
    await held.put('/after', new Response('after'));
    const kept = (await held.keys()).length;
    const has = await caches.has('deleted');
    return { kept, has, found: (await (await caches.open('deleted')).keys()).length };
  });
  assert.deepEqual(deleted, { kept: 2, has: false, found: 0 });
});

scenario('observations: byte streams', { plain: true }, async (test) => {
  const { inWorker } = await observed(test);
  const byob = await inWorker(
    async (url) => {
      const read = async (make) => {
        try {
          const reader = (await make()).body.getReader({ mode: 'byob' });
          const { value } = await reader.read(new Uint8Array(10));
          await reader.cancel();
          return value.byteLength;
        } catch (error) {
          return error.name;
        }
      };
      const pull = (controller) => controller.enqueue(new Uint8Array(10));
      return [await read(() => fetch(url)), await read(() => new Response(new ReadableStream({ type: 'bytes', pull })))];
    },
    test.resource({ size: SIZE }).url,
  );
  assert.deepEqual(byob, test.driver.name === 'webkit' ? ['TypeError', 'TypeError'] : [10, 10]);
});
