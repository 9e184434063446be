// Request.integrity is honoured over interruptions, and nothing of a body is shown
// before all of it has proved right.
import { assert, MiB, scenario } from '../lib/scenario.mjs';

const sri = (hex) => `sha256-${Buffer.from(hex, 'hex').toString('base64')}`;

scenario('integrity: right, wrong, and malformed', {}, async (test) => {
  const { page } = await test.open();
  const file = test.resource({ size: 3 * MiB, rate: 2 * MiB, cut: 1_500_001 });
  const right = sri(await file.sha256());
  await page.evaluate((request) => t.startFetch('right', [request]), { url: file.url, integrity: right });
  const early = await page.evaluate(async (url) => {
    await t.waitForDownloaded('right', 1);
    const { responseReady } = await t.held.get('right').match(url);
    return Promise.race([responseReady.then(() => 'exposed'), new Promise((resolve) => setTimeout(resolve, 300, 'hidden'))]);
  }, file.url);
  assert.equal(early, 'hidden');
  const success = await test.settled(page, 'right', 'backgroundfetchsuccess');
  assert.equal(success.records[0].sha256, await file.sha256());

  const other = test.resource({ size: 3 * MiB });
  await page.evaluate((request) => t.startFetch('wrong', [request]), { url: other.url, integrity: right });
  const failure = await test.settled(page, 'wrong', 'backgroundfetchfail');
  assert.equal(failure.failureReason, 'fetch-error');
  assert.ok(failure.records[0].error, 'nothing is exposed');

  const refused = await page.evaluate(
    (request) => t.rejection(() => t.startFetch('malformed', [request])),
    { url: other.url, integrity: 'sha256-AAAA' },
  );
  assert.equal(refused.name, 'TypeError');
  assert.match(refused.message, /sha256-AAAA/);
});
