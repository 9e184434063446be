// The script and the program come from another origin, as from a CDN.
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { assert, MiB, scenario } from '../../lib/scenario.mjs';
import { directories } from '../../lib/server.mjs';

const script = '/sw-own.js';

const HINT = /Its server answers\. .* must send Access-Control-Allow-Origin; and connect-src .* must allow it\./;

/** The path of a version, as CDNs have it. */
const dist = (version) => `/background-fetch-wasm@${version}/dist/`;

/** Two versions on a CDN: that which was built, and one whose program is another one. */
async function cdn(test, options = { cors: true }) {
  const next = test.temporaryDirectory();
  fs.cpSync(directories['/dist/'], next, { recursive: true });
  const [wasm, sw] = ['bgfetch.wasm', 'sw.js'].map((name) => path.join(next, name));
  // A custom section, which says nothing.
  fs.appendFileSync(wasm, Buffer.from([0, 5, 4, ...Buffer.from('next')]));
  const hash = createHash('sha256').update(fs.readFileSync(wasm)).digest('hex').slice(0, 16);
  fs.writeFileSync(sw, fs.readFileSync(sw, 'utf8').replace(/"[0-9a-f]{16}"/, `"${hash}"`));
  const server = await test.ownServer({ [dist('1.0.0')]: directories['/dist/'], [dist('1.0.1')]: next }, options);
  return { next, url: server.url, close: () => server.close() };
}

/** A site whose worker has the script from there. */
async function siteOf(test, url) {
  const site = test.temporaryDirectory();
  fs.cpSync(directories['/'], site, { recursive: true });
  const use = (version, name = 'sw.js') =>
    fs.writeFileSync(path.join(site, script), `importScripts('${url}${dist(version)}${name}', '/worker.js');\n`);
  use('1.0.0');
  return { use, server: await test.ownServer({ ...directories, '/': site }) };
}

const programs = (page) =>
  page.evaluate(async () => {
    const names = (await caches.keys()).filter((name) => name.startsWith('bgfetch:program:'));
    const urls = names.map(async (name) => (await (await caches.open(name)).keys()).map(({ url }) => url));
    return (await Promise.all(urls)).flat();
  });

async function download(test, page, server, id) {
  const file = test.resource({ server, size: MiB });
  await page.evaluate((id, url) => t.startFetch(id, url), id, file.url);
  const event = await test.settled(page, id, 'backgroundfetchsuccess');
  assert.equal(event.records[0].sha256, await file.sha256());
}

scenario('cdn: script and program of another origin, over an update, and without it', { timeout: 150_000 }, async (test) => {
  const there = await cdn(test);
  const { use, server } = await siteOf(test, there.url);
  const { browser, page } = await test.open({ server, script, stoppable: true });
  await download(test, page, server, 'first');
  const [first, ...others] = await programs(page);
  assert.match(first, new RegExp(`^${there.url}${dist('1.0.0')}bgfetch\\.wasm\\?v=[0-9a-f]{16}$`));
  assert.deepEqual(others, []);

  // The site goes over to another version, in mid-transfer.
  const slow = test.resource({ server, size: 8 * MiB, rate: MiB });
  await page.evaluate((url) => t.startFetch('over', url), slow.url);
  await page.evaluate((bytes) => t.waitForDownloaded('over', bytes), MiB);
  use('1.0.1');
  const boots = test.boots().length;
  await page.evaluate(async () => (await t.site()).update());
  await test.nextBoot(boots);
  const event = await test.settled(page, 'over', 'backgroundfetchsuccess');
  assert.equal(event.records[0].sha256, await slow.sha256());
  await page.waitFor('the program of before to be deleted', 20_000, async () => {
    return (await caches.keys()).filter((name) => name.startsWith('bgfetch:program:')).length === 1;
  });
  const [next] = await programs(page);
  assert.match(next, new RegExp(`^${there.url}${dist('1.0.1')}bgfetch\\.wasm\\?v=[0-9a-f]{16}$`));

  // The texts of a language are there, too.
  const german = async () => {
    const spoken = await page.evaluate(async () => (await fetch('/__bgfetch__/texts?lang=de')).json());
    assert.equal(spoken.texts.pause, 'Anhalten', JSON.stringify(spoken));
  };
  await german();

  // From now on there is no CDN.
  await there.close();
  for (const id of ['without', 'again']) {
    const boots = test.boots().length;
    await browser.stopWorker(page);
    await download(test, page, server, id);
    assert.ok(test.boots().length > boots, 'a new worker instance');
    await german();
  }
});

scenario('cdn: one that forgets CORS, and a policy that forgets the CDN, are named', {}, async (test) => {
  const policy = (url) => `script-src 'self' ${url} 'wasm-unsafe-eval'; connect-src 'self' ${test.channel.address(test.id)}`;
  for (const [options, csp] of [
    [{}, () => ''],
    [{ cors: true }, policy],
  ]) {
    const there = await cdn(test, options);
    const { server } = await siteOf(test, there.url);
    const before = test.reports.lines.length;
    const { page } = await test.open({ server, script, worker: { csp: csp(there.url) } });
    const file = test.resource({ server, size: 1000 });
    const error = await page.evaluateFor(60_000, (url) => t.rejection(() => t.startFetch('one', url)), file.url);
    assert.equal(error?.isTypeError, true, JSON.stringify(error));
    assert.match(
      error.message,
      new RegExp(`^Background Fetch: ${there.url}${dist('1.0.0')}bgfetch\\.wasm.* could not be fetched: `),
    );
    // WebKit tells a worker nothing of its policy.
    if (!options.cors || test.driver.name !== 'webkit') assert.match(error.message, HINT);
    const said = ({ kind, level, text }) => kind === 'console' && level === 'error' && text === error.message;
    await test.reports.wait('the same in the console', said, { timeout: 10_000, from: before });
    await page.close();
  }
});

scenario('cdn: a script of a type that is none of JavaScript is refused', {}, async (test) => {
  const there = await cdn(test);
  const { use, server } = await siteOf(test, there.url);
  const { page } = await test.open({ server, script });
  fs.copyFileSync(path.join(there.next, 'sw.js'), path.join(there.next, 'sw.txt'));
  use('1.0.1', 'sw.txt');
  const error = await page.evaluate(() => t.rejection(() => t.register({ scope: '/elsewhere/' })));
  assert.equal(error?.isTypeError, true, JSON.stringify(error));
});
