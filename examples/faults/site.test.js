// Tests of this site in a browser, whose server breaks as each test says. CHROME is the browser.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { startFaults } from 'background-fetch-wasm/faults';
import puppeteer from 'puppeteer-core';

const CLIP = '/media/clip.bin';
const SIZE = 3_000_000;
let server;
let browser;

before(async () => {
  server = await startFaults({ folder: import.meta.dirname });
  browser = await puppeteer.launch({ executablePath: process.env.CHROME ?? '/usr/bin/chromium', args: ['--no-sandbox'] });
});
after(async () => {
  await browser?.close();
  await server?.close();
});

/** A test with a page of its own, of a browser in which nothing is stored; `faults` are those of the clip. */
const pageTest = (name, faults, run) =>
  test(name, async () => {
    server.mount(CLIP, { size: SIZE, ...faults });
    const context = await browser.createBrowserContext();
    try {
      const page = await context.newPage();
      await page.goto(server.url);
      await page.click('#download');
      await run(page);
    } finally {
      await context.close();
    }
  });

const says = (page, text) =>
  page.waitForFunction((text) => document.querySelector('#state').textContent.includes(text), { timeout: 15_000 }, text);

/** SHA-256 of what the worker has stored. */
async function storedHash(page) {
  await page.waitForFunction((path) => caches.match(path).then((response) => !!response), { timeout: 15_000 }, CLIP);
  return page.evaluate(async (path) => {
    const body = await (await caches.match(path)).arrayBuffer();
    return new Uint8Array(await crypto.subtle.digest('SHA-256', body)).reduce(
      (hex, byte) => hex + byte.toString(16).padStart(2, '0'),
      '',
    );
  }, CLIP);
}

pageTest('a connection that is reset costs one more request, and no byte', { cut: 1_000_003 }, async (page) => {
  await says(page, `success ${SIZE}`);
  assert.equal(await storedHash(page), await server.sha256({ size: SIZE }));
  const log = server.log(CLIP);
  assert.deepEqual(
    log.map(({ outcome, status }) => [outcome, status]),
    [
      ['cut', 200],
      ['complete', 206],
    ],
  );
});

pageTest(
  'a file that is replaced during the download is never mixed with the old one',
  { cut: 1_000_003, replaceafter: 1 },
  async (page) => {
    await says(page, `success ${SIZE}`);
    assert.equal(await storedHash(page), await server.sha256({ size: SIZE, seed: 1 }));
  },
);

pageTest('a server that is away for a moment is waited for', { rate: 3_000_000 }, async (page) => {
  await says(page, 'loading 1');
  server.stop({ ms: 60_000 });
  while (!server.log(CLIP).some(({ outcome }) => outcome === 'refused')) await setTimeout(20); // it tries
  server.start();
  await says(page, `success ${SIZE}`);
});

pageTest('a file that is not there is a failure', { status: 404 }, (page) => says(page, 'failure'));
