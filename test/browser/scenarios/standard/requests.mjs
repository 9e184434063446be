// Requests are stored and sent whole: what the server receives, and what records show.
import http from 'node:http';
import { openRealms } from '../../lib/realms.mjs';
import { assert, MiB, scenario } from '../../lib/scenario.mjs';

scenario('bodies of all kinds arrive at the server', { timeout: 60_000 }, async (test) => {
  const { page } = await openRealms(test, { worker: { store: 0 } });
  const names = [
    'string',
    'typed',
    'Blob',
    'File',
    'URLSearchParams',
    'ArrayBuffer',
    'view',
    'form',
    'fileForm',
    'fileFormCopy',
    'empty',
    'stream',
  ];
  const targets = Object.fromEntries(names.map((name) => [name, test.resource({ kind: 'upload' })]));
  const urls = Object.fromEntries(names.map((name) => [name, targets[name].url]));
  const sent = await page.evaluate(async (urls) => {
    const bytes = new Uint8Array(100_000).map((_, index) => index * 7);
    const file = () => new File([bytes], 'a "b"\n.bin', { type: 'image/png' });
    const form = (...entries) => {
      const data = new FormData();
      for (const [name, value] of entries) data.append(name, value);
      return data;
    };
    const fileForm = () => form(['text', 'line\nfeed'], ['file', file()], ['"odd"\r\nname', new Blob(['blob'])]);
    const post = (name, body, init = {}) => new Request(urls[name], { method: 'POST', body, ...init });
    const requests = {
      string: post('string', 'grüße 😀'),
      typed: post('typed', '{}', { headers: { 'Content-Type': 'application/json' } }),
      Blob: post('Blob', new Blob([bytes])),
      File: new Request(urls.File, { method: 'PUT', body: file() }),
      URLSearchParams: post('URLSearchParams', new URLSearchParams({ a: '1 2', b: 'é' })),
      ArrayBuffer: post('ArrayBuffer', bytes.buffer),
      view: post('view', bytes.subarray(5, 50)),
      form: post('form', form(['a', '1'], ['b', 'ü'])),
      fileForm: post('fileForm', fileForm()),
      fileFormCopy: new Request(post('fileFormCopy', fileForm()).clone(), { headers: undefined }),
      empty: post('empty', ''),
    };
    const stream = new ReadableStream({
      start(controller) {
        for (let i = 0; i < 3; i++) controller.enqueue(bytes);
        controller.close();
      },
    });
    let duplex = false;
    const init = {
      method: 'POST',
      body: stream,
      get duplex() {
        return ((duplex = true), 'half');
      },
    };
    const streamed = new Request(urls.stream, init);
    // Where streams are no bodies they are made a string of.
    if (duplex && !streamed.headers.has('Content-Type')) requests.stream = streamed;

    const expected = {};
    const hash = async (blob) => sha256(await blob.arrayBuffer());
    for (const [name, request] of Object.entries(requests)) {
      const row = { method: request.method, type: request.headers.get('Content-Type') ?? '' };
      // WebKit cannot read forms with files; the server says what came.
      if (!/fileForm|stream/.test(name)) {
        const body = await request.clone().blob();
        Object.assign(row, { bytes: body.size, sha256: await hash(body) });
      }
      expected[name] = row;
    }
    expected.part = { bytes: bytes.length, sha256: await hash(new Blob([bytes])) };
    const list = Object.values(requests);
    const fetch = await (await t.site()).backgroundFetch.fetch('bodies', list);
    expected.uploadTotal = fetch.uploadTotal;
    expected.used = list.map((request) => request.bodyUsed);
    return expected;
  }, urls);

  const event = await test.settled(page, 'bodies', 'backgroundfetchsuccess');
  assert.equal(event.uploaded, sent.uploadTotal);
  let total = 0;
  for (const name of names) {
    if (!sent[name]) continue; // no streams here
    const log = await targets[name].log();
    assert.equal(log.length, 1, `${name} was sent once`);
    const [{ method, upload }] = log;
    total += upload?.bytes ?? 0;
    assert.equal(method, sent[name].method, name);
    if (name === 'empty') continue;
    assert.equal(upload.contentType, sent[name].type, name);
    if (sent[name].sha256) assert.equal(upload.sha256, sent[name].sha256, name);
  }
  assert.equal(total, sent.uploadTotal, 'the upload total is what arrived');
  for (const name of ['fileForm', 'fileFormCopy']) {
    const [{ upload }] = await targets[name].log();
    assert.deepEqual(
      upload.parts.map((part) => part.bytes),
      [10, sent.part.bytes, 4],
      name,
    );
    assert.equal(upload.parts[1].sha256, sent.part.sha256);
    assert.equal(upload.parts[1].contentType, 'image/png');
    assert.equal(upload.parts[0].name, 'text');
  }
  if (sent.stream) assert.equal((await targets.stream.log())[0].upload.bytes, 300_000);
  const withBody = names.filter((name) => sent[name] && name !== 'empty');
  assert.ok(sent.used.filter(Boolean).length >= withBody.length, 'the requests that were passed are used');
});

scenario('two equal uploads stay two, and a preflight is no obstacle', {}, async (test) => {
  const { page } = await openRealms(test);
  const twice = test.resource({ kind: 'upload' });
  const elsewhere = test.resource({ kind: 'upload', cors: 1, origin: test.server.url2 });
  const file = test.resource({ size: MiB });
  const seen = await page.evaluate(
    async (twice, elsewhere, file) => {
      const put = {
        method: 'PUT',
        body: new File(['presigned'], 'x.bin'),
        headers: { 'X-Test': '1', 'Content-Type': 'application/x-own' },
      };
      const post = () => new Request(twice, { method: 'POST', body: 'same' });
      const list = [post(), post(), new Request(elsewhere, put), file, file];
      const fetch = await (await t.site()).backgroundFetch.fetch('twice', list);
      const count = async (...args) => (await fetch.matchAll(...args)).length;
      const [first] = await fetch.matchAll(twice, { ignoreMethod: true });
      return {
        posts: await count(twice, { ignoreMethod: true }),
        asGet: await count(twice),
        gets: await count(file),
        withoutQuery: await count(file.split('?')[0]),
        ignoreSearch: await count(file.split('?')[0], { ignoreSearch: true }),
        body: await first.request.text(),
      };
    },
    twice.url,
    elsewhere.url,
    file.url,
  );
  assert.deepEqual(seen, { posts: 2, asGet: 0, gets: 2, withoutQuery: 0, ignoreSearch: 2, body: 'same' });
  await test.settled(page, 'twice', 'backgroundfetchsuccess');
  assert.equal((await twice.log()).length, 2);
  const puts = (await elsewhere.log()).filter(({ method }) => method === 'PUT');
  assert.deepEqual(
    puts.map(({ upload }) => upload.bytes),
    [9],
  );
});

scenario('a large body is stored in parts, sent whole, and given back', { drawn: true, timeout: 120_000 }, async (test) => {
  const { page } = await openRealms(test);
  const target = test.resource({ kind: 'upload' });
  const slow = test.resource({ size: MiB, rate: 100_000 });
  const body = await page.evaluateFor(
    90_000,
    async (target, slow) => {
      const bytes = new Uint8Array(35 * 2 ** 20 + 3);
      for (let i = 0; i < bytes.length; i += 1000) bytes[i] = i >> 10;
      const requests = [new Request(target, { method: 'PUT', body: new Blob([bytes], { type: 'x/y' }) }), slow];
      const fetch = await (await t.site()).backgroundFetch.fetch('large', requests);
      const [{ request }] = await fetch.matchAll(target, { ignoreMethod: true });
      const kept = await request.arrayBuffer();
      const [name] = (await caches.keys()).filter((name) => name.startsWith('bgfetch:data:'));
      const sizes = [];
      const cache = await caches.open(name);
      for (const key of await cache.keys())
        if (key.url.includes('/request')) sizes.push((await (await cache.match(key)).blob()).size);
      return {
        size: bytes.length,
        sha256: await sha256(bytes.buffer),
        kept: await sha256(kept),
        type: request.headers.get('Content-Type'),
        largest: Math.max(...sizes),
      };
    },
    target.url,
    slow.url,
  );
  assert.equal(body.kept, body.sha256);
  assert.equal(body.type, 'x/y');
  assert.ok(body.largest <= 16 * MiB, `an entry of ${body.largest} bytes`);
  await test.settled(page, 'large', 'backgroundfetchsuccess');
  const [{ upload, method }, ...more] = await target.log();
  assert.deepEqual([method, upload.bytes, upload.sha256, upload.contentType, more], ['PUT', body.size, body.sha256, 'x/y', []]);
});

/** A server of another origin that notes the heads of requests. */
async function noteHeads() {
  const heads = [];
  const server = http.createServer((request, response) => {
    const { method, url, headers } = request;
    // OPTIONS is a preflight.
    if (method !== 'OPTIONS') heads.push({ method, url, headers });
    response.setHeader('Access-Control-Allow-Origin', headers.origin ?? '*');
    response.setHeader('Access-Control-Allow-Credentials', 'true');
    response.setHeader('Access-Control-Allow-Headers', 'x-test, content-type');
    response.setHeader('Access-Control-Allow-Methods', 'PUT, PATCH, DELETE');
    if (url === '/redirect') return response.writeHead(302, { Location: '/target' }).end();
    if (url === '/cookie') response.setHeader('Set-Cookie', 'bgfetch=yes; Path=/');
    response.end('body');
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    /** The one request for this path. */
    head(path) {
      const found = heads.filter(({ url }) => url === path);
      assert.equal(found.length, 1, `${found.length} requests for ${path}`);
      return found[0];
    },
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

scenario('method, headers, credentials, cache, redirect and referrer of a request', {}, async (test) => {
  const server = await noteHeads();
  try {
    const { page } = await openRealms(test);
    const here = await page.url();
    const shown = await page.evaluate(async (base) => {
      await fetch(`${base}/cookie`, { credentials: 'include' });
      const { origin } = location;
      const requests = [
        ['/delete', { method: 'DELETE' }],
        ['/patch', { method: 'PATCH', headers: { 'X-Test': 'a, b', Accept: 'x/y' } }],
        ['/include', { credentials: 'include' }],
        ['/omit', { credentials: 'omit' }],
        ['/reload', { cache: 'reload' }],
        ['/no-referrer', { referrerPolicy: 'no-referrer' }],
        ['/referrer', { referrer: `${origin}/elsewhere/?x`, referrerPolicy: 'unsafe-url' }],
        ['/origin', { referrerPolicy: 'origin' }],
        ['/redirect', {}],
        ['/manual', { redirect: 'manual', cache: 'no-cache', integrity: '', mode: 'cors' }],
      ].map(([path, init]) => new Request(base + path, init));
      const fields = ['url', 'method', 'mode', 'credentials', 'cache', 'redirect', 'referrerPolicy', 'integrity'];
      const show = (request) => ({
        ...Object.fromEntries(fields.map((name) => [name, request[name]])),
        headers: [...request.headers],
      });
      const expected = requests.map(show);
      const bgfetch = await (await t.site()).backgroundFetch.fetch('heads', requests);
      const records = await bgfetch.matchAll();
      return { expected, stored: records.map(({ request }) => show(request)) };
    }, server.url);
    assert.deepEqual(shown.stored, shown.expected);
    const event = await test.settled(page, 'heads', 'backgroundfetchsuccess');
    assert.equal(event.records.find(({ url }) => url.endsWith('/redirect')).responseUrl, `${server.url}/target`);
    const { origin } = new URL(here);
    assert.equal(server.head('/delete').method, 'DELETE');
    const patch = server.head('/patch');
    assert.equal(patch.method, 'PATCH');
    assert.equal(patch.headers['x-test'], 'a, b');
    assert.equal(patch.headers.accept, 'x/y');
    assert.match(server.head('/include').headers.cookie ?? '', /bgfetch=yes/);
    assert.equal(server.head('/omit').headers.cookie, undefined);
    assert.equal(server.head('/reload').headers['cache-control'], 'no-cache');
    assert.equal(server.head('/no-referrer').headers.referer, undefined);
    assert.equal(server.head('/referrer').headers.referer, `${origin}/elsewhere/?x`);
    assert.equal(server.head('/origin').headers.referer, `${origin}/`);
  } finally {
    await server.close();
  }
});

scenario('relative URLs are those of the page', {}, async (test) => {
  const browser = await test.sharedBrowser();
  const page = await browser.newPage(test.pageURL('/elsewhere/relative.html', { worker: '/sw-realms.js' }));
  await page.evaluate(() => t.register({ scope: '/' }));
  const urls = await page.evaluate(async () => {
    const fetch = await (await t.site()).backgroundFetch.fetch('relative', [
      '',
      'index.html',
      '../t.js?x#fragment',
      new URL('/report.js', location),
    ]);
    const one = await fetch.match('../t.js?x');
    return { urls: (await fetch.matchAll()).map(({ request }) => request.url), one: one.request.url };
  });
  const { origin, href } = new URL(await page.url());
  assert.deepEqual(urls.urls, [href, `${origin}/elsewhere/index.html`, `${origin}/t.js?x#fragment`, `${origin}/report.js`]);
  assert.equal(urls.one, `${origin}/t.js?x#fragment`);
  const event = await test.settled(page, 'relative', 'backgroundfetchsuccess');
  assert.equal(event.records.length, 4);
});
