// Ends that are no success, and calls that are refused.
import { assert, MiB, scenario } from '../../lib/scenario.mjs';

scenario('abort in mid-transfer', { native: true }, async (test) => {
  const { page } = await test.open();
  const file = test.resource({ size: 64 * MiB, link: 4 * MiB });
  await page.evaluate((url) => t.startFetch('stopped', url), file.url);
  await page.evaluate(() => t.waitForDownloaded('stopped', 1));
  const answers = await page.evaluate(async () => [await t.abort('stopped'), await t.abort('stopped')]);
  assert.deepEqual(answers, [true, false]);
  const event = await test.settled(page, 'stopped', 'backgroundfetchabort');
  assert.equal(event.failureReason, 'aborted');
  const end = await page.evaluate(() => t.waitForResult('stopped'));
  assert.equal(end.result, 'failure');
  assert.equal(end.failureReason, 'aborted');
  assert.equal(await page.evaluate(() => t.getFetch('stopped')), null);
});

scenario('a 404 is bad-status', { native: true }, async (test) => {
  const { page } = await test.open();
  const file = test.resource({ size: 1000, status: 404 });
  await page.evaluate((url) => t.startFetch('missing', url), file.url);
  const event = await test.settled(page, 'missing', 'backgroundfetchfail');
  assert.equal(event.result, 'failure');
  assert.equal(event.failureReason, 'bad-status');
  assert.equal(event.records[0].status, 404);
  assert.equal(event.records[0].responseUrl, file.url);
  assert.equal(event.records[0].size, 0);
});

scenario('more than downloadTotal ends at once', {}, async (test) => {
  const { page } = await test.open();
  const file = test.resource({ size: 16 * MiB, rate: 8 * MiB });
  await page.evaluate((url) => t.startFetch('too much', url, { downloadTotal: 1 << 20 }), file.url);
  const event = await test.settled(page, 'too much', 'backgroundfetchfail');
  assert.equal(event.failureReason, 'download-total-exceeded');
});

scenario('bad input is a TypeError that names the cause', { native: true }, async (test) => {
  const { page } = await test.open();
  const file = test.resource({ size: 32 * MiB, link: 1 * MiB });
  const refused = await page.evaluate(async (url) => {
    const { backgroundFetch } = await t.site();
    const answers = {
      'an empty list': await t.rejection(() => backgroundFetch.fetch('a', [])),
      'no-cors': await t.rejection(() => backgroundFetch.fetch('a', new Request(url, { mode: 'no-cors' }))),
      'a URL that does not parse': await t.rejection(() => backgroundFetch.fetch('a', 'http://[nothing')),
      'credentials in the URL': await t.rejection(() => backgroundFetch.fetch('a', url.replace('//', '//user:pass@'))),
    };
    await backgroundFetch.fetch('active', url);
    answers['an id that is active'] = await t.rejection(() => backgroundFetch.fetch('active', url));
    // A registration that is still installing has no active worker.
    const installing = await navigator.serviceWorker.register('/sw-waits.js', { scope: '/waits/' });
    answers['no active worker'] = await t.rejection(() => installing.backgroundFetch.fetch('a', url));
    await (await backgroundFetch.get('active')).abort();
    return answers;
  }, file.url);
  const words = {
    'an empty list': /empty|at least one/i,
    'no-cors': /no-cors/i,
    'a URL that does not parse': /url|parse/i,
    'credentials in the URL': /credentials/i,
    'an id that is active': /already|active/i,
    'no active worker': /active/i,
  };
  for (const [what, answer] of Object.entries(refused)) {
    assert.ok(answer, `${what} was accepted`);
    assert.equal(answer.name, 'TypeError', what);
    assert.ok(answer.isTypeError, `${what}: a TypeError of the page`);
    if (!test.native) assert.match(answer.message, words[what], what);
  }
});

for (const missing of ['WebAssembly', 'indexedDB', 'caches']) {
  scenario(`a browser without ${missing} is left as it was`, {}, async (test) => {
    const browser = await test.sharedBrowser();
    const page = await browser.newPage(test.pageURL('/unsupported.html', { without: missing }));
    const after = await page.evaluate(
      (name) => ({
        gone: !(name in window),
        before,
        keys: Reflect.ownKeys(ServiceWorkerRegistration.prototype).map(String),
        managers: 'BackgroundFetchManager' in window,
      }),
      missing,
    );
    assert.ok(after.gone, `${missing} could be taken away`);
    assert.deepEqual(after.keys, after.before);
    assert.equal(after.managers, false);
    const isWarning = (report) => report.kind === 'console' && report.level === 'warn';
    await test.reports.wait('the warning', isWarning, { timeout: 10_000 }); // it comes by a request of its own
    const warnings = test.reports.all(isWarning);
    assert.equal(warnings.length, 1, 'one warning');
    assert.match(warnings[0].text, /background fetch/i);
  });
}
