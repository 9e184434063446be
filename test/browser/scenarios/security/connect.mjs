// connect-src of pages and workers: what it forbids, and that asking it sends nothing.
import http from 'node:http';
import net from 'node:net';
import { openRealms } from '../../lib/realms.mjs';
import { assert, gets, MiB, scenario } from '../../lib/scenario.mjs';

/** A server of another origin that counts connections, and answers none. */
async function listener() {
  let connections = 0;
  const server = net.createServer((socket) => {
    connections++;
    socket.destroy();
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address();
  return {
    url: `http://localhost:${port}/file`,
    origin: `http://localhost:${port}`,
    count: () => connections,
    close: () => server.close(),
  };
}

/** Runs in a realm: asks for the files, paused, and gives up again. Resolves with how it was refused. */
async function ask(id, urls) {
  const { backgroundFetch } = (await navigator.serviceWorker.getRegistrations())[0];
  try {
    const fetch = await backgroundFetch.fetch(id, urls, { paused: true });
    await fetch.abort();
    return null;
  } catch (error) {
    return `${error.name}: ${error.message}`;
  }
}

// Chromium gives workers no registration.
const realmsOf = (test) => (test.driver.name === 'chromium' ? ['window'] : ['window', 'dedicated', 'shared']);

/** Strict: nothing may be framed, but in WebKit, whose driver lives in a frame. */
const connecting = (...sources) =>
  `default-src 'none'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; worker-src 'self'; connect-src ${sources.join(' ')}`;
const frames = (test) => (test.driver.name === 'webkit' ? '; frame-src *' : '');

const policies = {
  'no policy': () => null,
  'a policy that allows all of them': (...origins) => connecting("'self'", ...origins),
  'a policy that forbids the last one': (...origins) => connecting("'self'", ...origins.slice(0, -1)),
};

for (const [what, policyOf] of Object.entries(policies)) {
  scenario(`asking the content security policy sends nothing: ${what}`, {}, async (test) => {
    const nobody = await listener();
    const channel = new URL(test.channel.address('x')).origin;
    const policy = policyOf(channel, test.server.url2, nobody.origin);
    const options = policy ? { csp: policy + frames(test), 'worker-csp': policy } : {};
    const { page, inRealm } = await openRealms(test, { options });
    const elements = await page.evaluate(() => document.querySelectorAll('*').length);
    await inRealm('service', () => {
      self.seen = [];
      self.addEventListener('fetch', ({ request }) => {
        if (request.url.includes('/file')) self.seen.push(`${request.method} ${request.url}`);
      });
    });
    for (const realm of realmsOf(test)) {
      const own = Array.from({ length: 10 }, () => test.resource({ size: 1000 }));
      const other = Array.from({ length: 10 }, () => test.resource({ size: 1000, cors: 1, origin: test.server.url2 }));
      const files = [...own, ...other];
      const refused = await inRealm(realm, ask, realm, [...files.map(({ url }) => url), nobody.url]);
      if (what.includes('forbids'))
        assert.equal(refused, `TypeError: The content security policy (connect-src) forbids ${nobody.url}`);
      else assert.equal(refused, null, realm);
      // Whatever is on its way would be here by now.
      await new Promise((resolve) => setTimeout(resolve, 500));
      for (const file of files) assert.deepEqual(await file.log(), [], `${realm}: ${file.url}`);
      assert.equal(nobody.count(), 0, `${realm}: connections to another origin`);
      assert.deepEqual(await inRealm('service', () => self.seen), [], `${realm}: what the service worker saw`);
      await page.waitFor('the storage to be empty', 20_000, () => t.storageIsEmpty());
    }
    assert.equal(await page.evaluate(() => document.querySelectorAll('*').length), elements, 'the document is as it was');
    nobody.close();
  });
}

scenario('links that are good for one request of any kind', {}, async (test) => {
  const used = new Set();
  const server = http.createServer((request, response) => {
    const status = used.has(request.url) ? 403 : 200;
    used.add(request.url);
    response.writeHead(status, { 'Access-Control-Allow-Origin': '*', 'Cache-Control': 'no-store' });
    response.end(request.method === 'HEAD' ? undefined : 'x'.repeat(status === 200 ? 1000 : 10));
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { page, inRealm } = await openRealms(test);
  for (const realm of realmsOf(test)) {
    const own = test.resource({ size: 1000 });
    const once = [1, 2, 3].map((n) => `http://localhost:${server.address().port}/${realm}/${n}`);
    const start = async (id, urls) =>
      void (await (await navigator.serviceWorker.getRegistrations())[0].backgroundFetch.fetch(id, urls));
    await inRealm(realm, start, realm, [own.url, ...once]);
    await test.settled(page, realm, 'backgroundfetchsuccess');
    assert.deepEqual(
      (await own.log()).map(({ method }) => method),
      ['GET'],
    );
  }
  server.close();
});

scenario('what the policy of a worker says is understood', { browsers: ['firefox', 'webkit'] }, async (test) => {
  const port = new URL(test.server.url).port;
  const own = `http://127.0.0.1:${port}/file/a`;
  const out = 'http://cdn.example.invalid';
  const urls = [
    own,
    `${out}/a`,
    `${out}:8080/a`,
    `${out}/b/c%7Ed`,
    'https://x.invalid/',
    'https://cdn.example.invalid:8443/a/b',
    'https://cdn.example.invalid/a/b',
  ];
  // A policy, and what it allows of these.
  const cases = [
    [`connect-src 'none'`, []],
    ['connect-src', []],
    [`script-src * 'unsafe-eval'; img-src 'none'`, urls],
    ['connect-src *', urls],
    ['Connect-Src HTTP:', urls],
    ['connect-src https:', urls.filter((url) => url.startsWith('https:'))],
    [`default-src * 'unsafe-eval'; connect-src 'self'`, [own]],
    [`default-src 'SELF' 'unsafe-eval'`, [own]],
    ['connect-src cdn.example.invalid', [`${out}/a`, `${out}/b/c%7Ed`, 'https://cdn.example.invalid/a/b']],
    ['connect-src *.example.invalid', [`${out}/a`, `${out}/b/c%7Ed`, 'https://cdn.example.invalid/a/b']],
    [
      'connect-src *.example.invalid:*',
      [`${out}/a`, `${out}:8080/a`, 'https://cdn.example.invalid:8443/a/b', `${out}/b/c%7Ed`, 'https://cdn.example.invalid/a/b'],
    ],
    ['connect-src example.invalid *.cdn.example.invalid', []],
    [`connect-src ${out}:8080`, [`${out}:8080/a`]],
    [`connect-src ${out}/b/`, [`${out}/b/c%7Ed`]],
    [`connect-src ${out}/b/c%7Ed ${out}:8080/`, [`${out}/b/c%7Ed`, `${out}:8080/a`]],
    [`connect-src https://cdn.example.invalid; connect-src *`, ['https://cdn.example.invalid/a/b']],
    [
      `connect-src * 'nonce-x', connect-src 'self' https:`,
      [own, 'https://x.invalid/', 'https://cdn.example.invalid:8443/a/b', 'https://cdn.example.invalid/a/b'],
    ],
  ];
  const { page } = await openRealms(test);
  for (const [policy, allowed] of cases) {
    const answers = await page.evaluate(
      async (policy, urls, forbidden, code, plain) => {
        const worker = new Worker(`/realm-worker.js?${new URLSearchParams({ csp: policy })}`);
        const call = (code, ...args) => {
          const { port1, port2 } = new MessageChannel();
          const reply = new Promise((resolve) => (port1.onmessage = ({ data }) => resolve(JSON.parse(data).value)));
          worker.postMessage({ code, args }, [port2]);
          return reply;
        };
        const answers = [];
        for (const url of urls)
          answers.push([url, await call(code, url, [url]), await call(plain, url, forbidden.includes(url))]);
        worker.terminate();
        return answers;
      },
      policy,
      urls,
      // Firefox tells of its own requests; it has to think the same.
      test.driver.name === 'firefox' ? urls.filter((url) => !allowed.includes(url)) : [],
      String(ask),
      String(forbiddenToFetch),
    );
    for (const [url, refused, itself] of answers) {
      assert.equal(refused === null, allowed.includes(url), `${policy}: ${url}: ${refused}`);
      if (test.driver.name === 'firefox') assert.equal(itself, !allowed.includes(url), `${policy}: ${url}: a plain fetch()`);
    }
  }
  await page.waitFor('the storage to be empty', 20_000, () => t.storageIsEmpty());
});

/** Runs in a worker: whether the browser refuses a plain fetch() by its policy. What is expected is waited for. */
async function forbiddenToFetch(url, expected) {
  let forbidden = false;
  const note = () => (forbidden = true);
  self.addEventListener('securitypolicyviolation', note);
  await fetch(url, { method: 'HEAD', mode: 'no-cors' }).catch(() => {});
  for (let n = 0; n < 1 || (expected && !forbidden && n < 100); n++) await new Promise((resolve) => setTimeout(resolve, 50));
  self.removeEventListener('securitypolicyviolation', note);
  return forbidden;
}

scenario(
  'the content security policy of the service worker holds for all that it fetches',
  { timeout: 120_000 },
  async (test) => {
    const channel = new URL(test.channel.address('x')).origin;
    // The page allows everything.
    const csp = `default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; connect-src 'self' ${channel}`;
    const { page } = await openRealms(test, { worker: { csp } });
    const own = test.resource({ size: MiB });
    const other = test.resource({ size: 1000, cors: 1, origin: test.server.url2 });
    const redirect = test.resource({ size: 1000, redirect: other.url });
    const results = await page.evaluate(
      async (own, other, redirect) => {
        const post = async (id, url) => {
          const init = { method: 'POST', body: JSON.stringify({ id, requests: [url] }) };
          return (await fetch('/__bgfetch__/fetches', init)).status;
        };
        const statuses = [await post('own', own), await post('posted', other), await post('redirected', redirect)];
        await t.startFetch('called', other);
        return statuses;
      },
      own.url,
      other.url,
      redirect.url,
    );
    assert.deepEqual(results, [201, 201, 201]);
    assert.equal((await test.event('own')).type, 'backgroundfetchsuccess');
    // WebKit tells a worker of no violation: a server that only redirects there looks as if it were down.
    const ended = test.driver.name === 'webkit' ? ['posted', 'called'] : ['posted', 'called', 'redirected'];
    for (const id of ended) {
      const { type, failureReason } = await test.event(id, 20_000);
      assert.deepEqual([id, type, failureReason], [id, 'backgroundfetchfail', 'fetch-error']);
    }
    assert.ok(gets(await redirect.log()).length > 0, 'the redirect was asked for');
    assert.deepEqual(await other.log(), []);
    if (test.driver.name !== 'webkit') return;
    await page.evaluate(async () => (await (await t.site()).backgroundFetch.get('redirected')).abort());
    const { records } = await test.event('redirected');
    assert.equal(records[0].error?.name, 'AbortError', 'nothing of it was stored');
  },
);
