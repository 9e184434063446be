// Each example, installed from the tarball, built, served and used in real browsers.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import path from 'node:path';
import * as chromium from '../browser/drivers/chromium.mjs';
import { inEachBrowser } from './browsers.mjs';
import { downloads, precached, SIZE, writeClip } from './clip.mjs';
import { startServer } from '../browser/lib/server.mjs';
import { buildOf, folder, installed, root, run, test } from './lib.mjs';

/** Builds the example, puts the file there, and hands a page of it, in each browser, to `use`. */
function example(name, { served = '.', query = '', serve } = {}, use = downloads) {
  test(`example ${name}${query}`, async () => {
    const built = await buildOf(name);
    const directory = path.join(built, served);
    writeClip(directory);
    await inEachBrowser(directory, query, use, { serve });
  });
}

/** The example's own tests, in Chromium. */
function testsOf(name) {
  test(`example ${name}`, async () => {
    const cwd = await buildOf(name);
    await run('npm', ['test', '--loglevel', 'error'], { cwd, env: { ...process.env, CHROME: chromium.executable } });
  });
}

example('static');
example('module-worker');
example('vite', { served: 'dist' });
example('workbox', { served: 'dist', query: '?worker=generated.js' }, precached);
example('workbox', { served: 'dist', query: '?worker=injected.js' }, precached);
example('typescript');
example('vite-typescript', { served: 'dist' });
example('signed', { serve: ownServer({ LIFE: '1' }) }); // links are good for a third of what the file takes
example('telemetry', { serve: ownServer() }, telemetry);
example('models', {}, models);
testsOf('faults');
testsOf('vitest');

test('example cdn', async () => {
  const { version } = JSON.parse(fs.readFileSync(path.join(root, 'package.json'), 'utf8'));
  const dist = path.join(await installed(), 'node_modules/background-fetch-wasm/dist');
  const cdn = await startServer({ [`/npm/background-fetch-wasm@${version}/dist/`]: dist }, { cors: true });
  const directory = folder('cdn');
  for (const name of ['index.html', 'sw.js']) {
    const text = fs.readFileSync(path.join(root, 'examples/cdn', name), 'utf8');
    assert.ok(text.includes(`@${version}/`), `${name} names another version`);
    fs.writeFileSync(path.join(directory, name), text.replaceAll('https://cdn.jsdelivr.net', cdn.url));
  }
  writeClip(directory);
  try {
    await inEachBrowser(directory, '', downloads);
  } finally {
    await cdn.close();
  }
});

/** The example's own server. */
function ownServer(variables) {
  return async (directory) => {
    const env = { ...process.env, PORT: '0', ...variables };
    const server = spawn(process.execPath, ['server.mjs'], { cwd: directory, env, stdio: ['ignore', 'pipe', 'inherit'] });
    const [said] = await once(server.stdout, 'data');
    return { directory, url: String(said).trim(), close: () => server.kill() };
  };
}

/** All of two downloads, each entry once: by a page that is reloaded, and after one that is closed. */
async function telemetry(page, { directory }) {
  const file = path.join(directory, 'telemetry.jsonl');
  fs.rmSync(file, { force: true }); // of the browser before
  const entries = () => {
    const lines = fs.existsSync(file) ? fs.readFileSync(file, 'utf8').trim().split('\n') : [];
    return lines.map((line) => JSON.parse(line)).flatMap(({ version, entries }) => (assert.equal(version, 1), entries));
  };
  const ended = (count) => entries().filter(({ event }) => event === 'ended').length === count;
  const until = async (what, test) => {
    for (let left = 150; !(await test()); left--) {
      if (left === 0) assert.fail(`${what}: ${JSON.stringify(entries())}`);
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  };
  await downloads(page);
  const told = () => batches.some(({ entries }) => entries.some(({ event }) => event === 'ended'));
  // A page that is hidden already, as some drivers have it, has sent it.
  await until('the log in the page', async () => ended(1) || (await page.evaluate(told)));
  await page.reload();
  await until('what the page sends when it goes', () => ended(1));
  await downloads(page);
  await page.close();
  await until('the rest', () => ended(2));
  const log = entries();
  assert.equal(new Set(log.map((entry) => JSON.stringify(entry))).size, log.length, JSON.stringify(log));
  for (const event of ['fetch', 'record', 'settled', 'dispatch']) {
    assert.equal(log.filter((entry) => entry.event === event).length, 2, `${event} in ${JSON.stringify(log)}`);
  }
}

/** The first time by background fetch, then from the store; other requests as usual. */
async function models(page) {
  await downloads(page);
  const seen = await page.evaluate(async () => {
    const { models } = await import(new URL('page.js', location));
    const url = new URL('media/clip.bin', location).href;
    const entries = () => performance.getEntriesByName(url).length;
    const before = entries();
    const again = await (await models.fetch(url)).arrayBuffer();
    const matched = await models.cache.match(url);
    const fromStore = entries() - before;
    const part = await models.fetch(url, { headers: { Range: 'bytes=0-0' } });
    const missing = await models.fetch(`${url}.none`).then(
      (response) => response.status,
      (error) => error.name,
    );
    await models.cache.put('/own', new Response('own'));
    const own = await (await models.cache.match('/own')).text();
    const deleted = [await models.cache.delete(url), await models.cache.match(url)];
    const aborter = new AbortController();
    aborter.abort();
    const aborted = await models.fetch(url, { signal: aborter.signal }).catch((error) => error.name);
    return {
      size: again.byteLength,
      type: matched.constructor.name,
      fromStore,
      part: part.status,
      missing,
      own,
      deleted: deleted[0],
      left: deleted[1] ?? null,
      aborted,
    };
  });
  assert.deepEqual(seen, {
    size: SIZE,
    type: 'Response',
    fromStore: 0,
    part: 206,
    missing: 404,
    own: 'own',
    deleted: true,
    left: null,
    aborted: 'AbortError',
  });
}
