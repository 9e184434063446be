// A worker lives on for as long as a page is open.
import { assert, MiB, scenario } from '../../lib/scenario.mjs';

scenario('the worker lives on while a page is open', { drawn: true, timeout: 150_000 }, async (test) => {
  const { page } = await test.open();
  const file = test.resource({ size: 55 * MiB, link: MiB });
  const boot = await page.evaluate(() => t.bootId());
  await page.evaluate((url) => t.startFetch('slow', url), file.url);
  const event = await test.event('slow', 120_000);
  assert.equal(event.type, 'backgroundfetchsuccess');
  assert.equal(event.records[0].sha256, await file.sha256());
  assert.equal(event.boot, boot, 'the same instance from the beginning to the end');
  assert.equal(test.boots().length, 1);
});
