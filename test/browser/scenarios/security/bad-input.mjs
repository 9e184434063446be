// What a site can get wrong: each has one message that names it, soon.
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { assert, scenario } from '../../lib/scenario.mjs';
import { directories, root } from '../../lib/server.mjs';
import { openAny } from '../../lib/any-worker.mjs';

const { version } = JSON.parse(fs.readFileSync(path.join(root, 'package.json'), 'utf8'));

/** A copy of dist/ in which `edit` has changed files, and a server of it. */
async function serverWith(test, edit) {
  const dist = test.temporaryDirectory();
  fs.cpSync(directories['/dist/'], dist, { recursive: true });
  edit(dist);
  return test.ownServer({ ...directories, '/dist/': dist });
}

/** Replaces text that is certain to be there. */
function replace(file, replacements) {
  let text = fs.readFileSync(file, 'utf8');
  for (const [from, to] of replacements) {
    assert.ok(text.includes(from), `${path.basename(file)} has no ${from}`);
    text = text.replaceAll(from, to);
  }
  fs.writeFileSync(file, text);
}

/** Lines of the console from us, of page or worker. */
const said = (test, from) =>
  test.reports
    .all((report) => report.kind === 'console' && report.from === from && /Background Fetch/.test(report.text))
    .map(({ level, text }) => ({ level, text }));

/** Waits for a line of the console that has this text. */
const hear = (test, part) =>
  test.reports.wait(`"${part}"`, ({ kind, text }) => kind === 'console' && text.includes(part), { timeout: 10_000 });

/** How fetch() in the page goes. */
const tryFetch = (page, url, id = 'one') =>
  page.evaluateFor(
    60_000,
    async (id, url) => {
      const began = performance.now();
      const error = await t.rejection(() => t.startFetch(id, url));
      return { error, seconds: (performance.now() - began) / 1000 };
    },
    id,
    url,
  );

scenario(
  'bad input: versions that differ, a page newer than its worker, an older one, and one that it cannot talk with',
  { timeout: 120_000 },
  async (test) => {
    const other =
      (to, protocol = 1) =>
      (dist) =>
        replace(path.join(dist, 'page.js'), [
          [`"${version}"`, `"${to}"`],
          ['protocol:1', `protocol:${protocol}`],
        ]);
    for (const page of ['999.0.0', '0.0.1']) {
      const server = await serverWith(test, other(page));
      const opened = await openAny(test, { server });
      const file = test.resource({ server, size: 1000 });
      assert.equal((await tryFetch(opened.page, file.url)).error, null, 'the wire is the same: it works');
      assert.equal((await opened.page.evaluate(() => t.waitForResult('one', 20_000))).result, 'success');
      await hear(test, `version ${page} `);
      const lines = said(test, 'page').filter(({ text }) => text.includes(`version ${page} `));
      assert.deepEqual(
        lines.map(({ level }) => level),
        ['error'],
        JSON.stringify(lines),
      );
      assert.match(
        lines[0].text,
        new RegExp(`service worker http.*sw-any\\.js.* version ${version}\\. Deploy all files of one version`),
      );
    }
    const server = await serverWith(test, other('2.0.0', 2));
    const { page } = await openAny(test, { server });
    const { error, seconds } = await tryFetch(page, test.resource({ server, size: 1000 }).url);
    assert.equal(error.isTypeError, true);
    assert.match(error.message, /the page has version 2\.0\.0 of background-fetch-wasm.*Deploy all files/);
    assert.ok(seconds < 10, `after ${seconds} s`);
    await hear(test, 'version 2.0.0 ');
    assert.equal(said(test, 'page').filter(({ text }) => text.includes('version 2.0.0 ')).length, 1);
    assert.deepEqual(said(test, 'worker'), []);
  },
);

/** The program in a copy of dist/, made into something else. */
const changed = (make) => (dist) => {
  const file = path.join(dist, 'bgfetch.wasm');
  fs.writeFileSync(file, make(fs.readFileSync(file)));
};

/** A sw.js of another version, which is for another program. */
function newerWorker(dist) {
  const file = path.join(dist, 'sw.js');
  const [hash] = /"[0-9a-f]{16}"/.exec(fs.readFileSync(file, 'utf8'));
  replace(file, [
    [`"${version}"`, '"999.0.0"'],
    [hash, '"0123456789abcdef"'],
  ]);
}

function flipBit(bytes) {
  bytes[bytes.length >> 1] ^= 1;
  return bytes;
}

scenario(
  'bad input: a bgfetch.wasm that is missing, another file, cut off, damaged, or of another version',
  { timeout: 120_000 },
  async (test) => {
    for (const [edit, message] of [
      [
        (dist) => fs.rmSync(path.join(dist, 'bgfetch.wasm')),
        /could not be fetched: status 404\. Serve the bgfetch\.wasm of the package/,
      ],
      [
        changed(() => '<!doctype html><p>Not found'),
        /\(type ".*"\) is not a WebAssembly program\. Serve the bgfetch\.wasm of the package/,
      ],
      [changed((bytes) => bytes.subarray(0, 1_000_000)), /is cut off, damaged, or of another version .* it has 1000000 bytes/],
      [changed(flipBit), /is cut off, damaged, or of another version/],
      [newerWorker, /of another version than this script, 999\.0\.0/],
    ]) {
      const server = await serverWith(test, edit);
      const before = said(test, 'worker').length;
      const { page } = await openAny(test, { server });
      const { error, seconds } = await tryFetch(page, test.resource({ server, size: 1000 }).url);
      assert.equal(error?.isTypeError, true);
      assert.match(error.message, /^Background Fetch: http:.*\/dist\/bgfetch\.wasm/);
      assert.match(error.message, message);
      assert.ok(seconds < 10, `after ${seconds} s`);
      await hear(test, error.message);
      assert.deepEqual(said(test, 'worker').slice(before), [{ level: 'error', text: error.message }]);
      await page.close();
    }
  },
);

/** A site whose worker, at its root, consists of these lines. */
async function siteWith(test, lines) {
  const dist = test.temporaryDirectory();
  fs.cpSync(directories['/dist/'], dist, { recursive: true });
  const site = test.temporaryDirectory();
  fs.cpSync(directories['/'], site, { recursive: true });
  fs.writeFileSync(path.join(site, 'sw-own.js'), lines);
  return { dist, site, server: await test.ownServer({ ...directories, '/': site, '/dist/': dist }) };
}

scenario(
  'bad input: a bgfetch.wasm of the wrong type works, and so does one that was cut off and is mended',
  {},
  async (test) => {
    const { dist, server } = await siteWith(
      test,
      "backgroundFetchOptions = { wasmURL: '/dist/program.txt' }; importScripts('/dist/sw.js', '/worker.js');",
    );
    const [from, to] = ['bgfetch.wasm', 'program.txt'].map((name) => path.join(dist, name));
    const whole = fs.readFileSync(from);
    fs.writeFileSync(to, whole.subarray(0, 100_000));
    const { page } = await openAny(test, { server, options: { worker: '/sw-own.js' } });
    const file = test.resource({ server, size: 1000 });
    assert.match((await tryFetch(page, file.url)).error.message, /is cut off/);
    fs.writeFileSync(to, whole);
    assert.equal((await tryFetch(page, file.url)).error, null);
    await page.waitFor('the program to be stored', 10_000, async () => {
      const [name] = (await caches.keys()).filter((name) => name.startsWith('bgfetch:program:'));
      return (await (await caches.open(name)).keys()).length === 1;
    });
    await hear(test, 'program.txt is served as');
    const warned = said(test, 'worker').filter(({ level }) => level === 'warn');
    assert.equal(warned.length, 1);
    assert.match(
      warned[0].text,
      /program\.txt is served as "text\/plain.*". It works; browsers load it faster as application\/wasm/,
    );
  },
);

scenario(
  'bad input: a worker that does not know of background fetches, and ones that are slow',
  { timeout: 120_000 },
  async (test) => {
    const { page } = await openAny(test, { worker: { lib: 0 } });
    const file = test.resource({ size: 1000 });
    const foreign = await tryFetch(page, file.url);
    assert.equal(foreign.error.isTypeError, true);
    assert.match(
      foreign.error.message,
      /^The active service worker http.*sw-any\.js.* does not know of background fetches\. Begin it with importScripts/,
    );
    assert.ok(foreign.seconds < 10, `after ${foreign.seconds} s`);
    // The site's new worker has the line, and waits.
    await page.evaluate(async () => {
      const url = new URL('/sw-any.js?wait=1', location.href);
      url.searchParams.set('channel', new URL(location.href).searchParams.get('channel'));
      await navigator.serviceWorker.register(url);
    });
    await page.waitFor('the new one', 10_000, async () => (await t.site()).waiting !== null);
    // Its cache is there from now on, so the old one gets more time, and the console says what may be wrong.
    const forget = () => page.evaluate(() => t.deleteAllCaches());
    const old = tryFetch(page, file.url);
    await hear(test, 'or does not know of background fetches. A newer one is waiting: close all pages');
    await forget();
    assert.match((await old).error.message, / does not know of background fetches\. A newer one is waiting: close all pages/);

    // One that had the line, and has it no more.
    await page.evaluate(() => t.register());
    await page.evaluate(() => t.register({ lib: 0 }));
    const lost = tryFetch(page, file.url);
    await hear(test, 'or does not know of background fetches. Begin it with importScripts');
    await forget();
    assert.match((await lost).error.message, / does not know of background fetches\. Begin it with importScripts/);

    // Slow to be activated, and slow to answer.
    const busy = 'const until = Date.now() + 7000; while (Date.now() < until);';
    const { server } = await siteWith(
      test,
      `importScripts('/dist/sw.js', '/worker.js');
    addEventListener('activate', (event) => event.waitUntil(new Promise((resolve) => setTimeout(resolve, 7000))));
    addEventListener('message', ({ data }) => { if (data === 'busy') { ${busy} } });`,
    );
    const slow = await (await test.sharedBrowser()).newPage(test.pageURL('/any.html', { server, worker: '/sw-own.js' }));
    await slow.evaluate(async (channel) => {
      const registration = await navigator.serviceWorker.register(`/sw-own.js?channel=${encodeURIComponent(channel)}`);
      while (!registration.active) await new Promise((resolve) => setTimeout(resolve, 50));
    }, test.channel.address(test.id));
    const small = test.resource({ server, size: 1000 });
    const activating = await tryFetch(slow, small.url, 'activating');
    // Firefox gives the message to the worker meanwhile, the others wait.
    assert.equal(activating.error, null);
    await slow.waitFor('it to be activated', 10_000, async () => (await t.site()).active.state === 'activated');
    // In one go, since requests of the page itself, such as those for a driver's commands, wait for it.
    const late = await slow.evaluateFor(30_000, async () => {
      (await t.site()).active.postMessage('busy');
      return t.getFetch('none');
    });
    assert.equal(late, null);
    assert.match(
      (await hear(test, '/sw-own.js')).text,
      /does not answer\. Look for errors in its console; if there are none it is busy/,
    );
  },
);

scenario('bad input: a page that the scope of no worker covers', {}, async (test) => {
  const browser = await test.sharedBrowser();
  const page = await browser.newPage(test.pageURL('/any.html', { worker: '/sw-any.js' }));
  await page.evaluate(() => {
    navigator.serviceWorker.ready.then(() => report('ready'));
    return t.register({ scope: '/app/' });
  });
  const is = (report) => report.kind === 'console' && report.from === 'page' && report.level === 'warn';
  const { text } = await test.reports.wait('the warning', is, { timeout: 15_000 });
  assert.match(
    text,
    /navigator\.serviceWorker\.ready does not resolve, since http.*any\.html.* is in the scope of no service worker \(there is http.*\/app\/\)/,
  );
  // With one that covers it, it resolves as ever.
  await page.evaluate(() => t.register());
  await test.reports.wait('ready', ({ kind }) => kind === 'ready', { timeout: 10_000 });
  assert.equal(said(test, 'page').length, 1);
});

scenario('bad input: a site on plain http', {}, async (test) => {
  const address = Object.values(os.networkInterfaces())
    .flat()
    .find(({ family, internal }) => family === 'IPv4' && !internal)?.address;
  assert.ok(address, 'the machine has a network address');
  const server = await test.ownServer(directories, { address: `${address}:0` });
  const browser = await test.sharedBrowser();
  const page = await browser.newPage(test.pageURL('/page.html', { server }));
  assert.deepEqual(await page.evaluate(() => [isSecureContext, 'BackgroundFetchManager' in self]), [false, false]);
  // Not all browsers let such a page send what it has in the console to this machine.
  const warnings = await page.evaluate(async () => {
    const warnings = [];
    console.warn = (text) => warnings.push(text);
    const script = document.createElement('script');
    script.src = '/dist/page.js';
    document.head.append(script);
    await new Promise((resolve) => (script.onload = resolve));
    return warnings;
  });
  assert.equal(warnings.length, 1);
  assert.match(
    warnings[0],
    /^Background Fetch is not available: http:\/\/\d.* is not secure.* Serve the site by https, or from localhost\.$/,
  );
});
