// The ground that the other scenarios stand on: what the drivers do to a browser
// is what they say they do.
import { assert, scenario } from '../../lib/scenario.mjs';

scenario('a stopped worker is a new instance, and the page stays', { plain: true }, async (test) => {
  const { browser, page } = await test.open({ stoppable: true });
  await page.evaluate(() => (window.mark = 'still here'));
  const boots = new Set([await page.evaluate(() => t.bootId())]);
  for (let stops = 1; stops <= 3; stops++) {
    await browser.stopWorker(page);
    boots.add(await page.evaluate(() => t.bootId()));
    assert.equal(boots.size, stops + 1);
  }
  assert.equal(await page.evaluate(() => window.mark), 'still here');
});

scenario('what is stored survives SIGKILL of the browser', { plain: true }, async (test) => {
  const { browser, page } = await test.open({ own: true });
  await page.evaluate(async () => {
    await results.add({ stored: true });
    await (await caches.open('site')).put('/entry', new Response('in the cache'));
  });
  await browser.kill();
  const again = await test.launch({ profileDir: browser.profileDir });
  const second = await again.newPage(test.pageURL());
  const found = await second.evaluate(async () => ({
    rows: await t.results(),
    cached: await (await caches.match('/entry'))?.text(),
    worker: (await t.site())?.active?.state,
  }));
  assert.deepEqual(found, { rows: [{ stored: true }], cached: 'in the cache', worker: 'activated' });
});

scenario('reload, leave, come back, a second page', { plain: true }, async (test) => {
  const { browser, page } = await test.open();
  const first = test.pageURL();
  assert.equal(await page.evaluate(() => !!navigator.serviceWorker.controller), true);
  await page.evaluate(() => (window.mark = 1));
  await page.reload();
  assert.equal(await page.evaluate(() => typeof window.mark), 'undefined');
  await page.goto(new URL('/elsewhere/', first).href);
  assert.equal(await page.evaluate(() => document.title), 'Another page of the site');
  await page.goto(first);
  const second = await browser.newPage(first);
  assert.equal(await second.evaluate(() => t.bootId()), await page.evaluate(() => t.bootId()));
  await second.close();
  await assert.rejects(
    page.evaluate(() => Promise.reject(new TypeError('on purpose'))),
    {
      name: 'TypeError',
      message: 'on purpose',
    },
  );
});
