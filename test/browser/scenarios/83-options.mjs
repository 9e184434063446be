// Options of fetch() that are additions to the standard, and the room for what is fetched.
import { assert, gets, MiB, scenario } from '../lib/scenario.mjs';

scenario('options: wrong ones are TypeErrors that name the member', {}, async (test) => {
  const { page } = await test.open();
  const file = test.resource({ size: 1000 });
  const refused = await page.evaluate(async (url) => {
    const { backgroundFetch } = await t.site();
    const wrong = {
      paused: { paused: 'yes' },
      'options.retry': { retry: 3 },
      'retry.maxFailures': { retry: { maxFailures: -1 } },
      'retry.backOff': { retry: { backOff: 0 } },
      'retry.stallTimeout': { retry: { stallTimeout: Infinity } },
      'retry.headTimeout': { retry: { headTimeout: '60' } },
      'retry.maxRestarts': { retry: { maxRestarts: 1.5 } },
    };
    const answers = {};
    for (const [name, options] of Object.entries(wrong)) {
      answers[name] = await t.rejection(() => backgroundFetch.fetch('wrong', url, options));
    }
    return answers;
  }, file.url);
  for (const [name, answer] of Object.entries(refused)) {
    assert.ok(answer?.isTypeError, `${name}: ${JSON.stringify(answer)}`);
    assert.ok(answer.message.includes(name), answer.message);
  }
  assert.equal(gets(await file.log()).length, 0);
});

scenario('options: begins paused, over a reload', {}, async (test) => {
  const { page } = await test.open();
  const file = test.resource({ size: MiB });
  await page.evaluate((url) => t.startFetch('later', url, { paused: true }), file.url);
  await page.reload();
  const before = await page.evaluate(async () => {
    await t.getFetch('later');
    await new Promise((resolve) => setTimeout(resolve, 500));
    const { paused, state, downloaded } = t.held.get('later');
    return { paused, state, downloaded };
  });
  assert.deepEqual(before, { paused: true, state: 'paused', downloaded: 0 });
  assert.equal(gets(await file.log()).length, 0);
  await page.evaluate(() => t.held.get('later').resume());
  const event = await test.settled(page, 'later', 'backgroundfetchsuccess');
  assert.equal(event.records[0].sha256, await file.sha256());
});

scenario('retry: a server that is away, and a name that does not resolve', {}, async (test) => {
  const { page } = await test.open();
  const hasty = { retry: { backOff: 50, maxBackOff: 50, maxUnreachable: 2 } };
  const gone = await test.ownServer({});
  await gone.close();
  const urls = { away: `${gone.url}/file/gone`, nowhere: 'http://nowhere.invalid/file' };
  for (const [id, url] of Object.entries(urls)) {
    await page.evaluate((...args) => t.startFetch(...args), id, url, hasty);
  }
  for (const id of Object.keys(urls)) {
    const event = await test.event(id);
    assert.equal(event.failureReason, 'fetch-error', id);
    assert.ok(event.records[0].error, 'nothing is exposed');
  }
  await page.waitFor('the storage to be empty', 10_000, () => t.storageIsEmpty());
});

scenario('persist() tells what it got', {}, async (test) => {
  const { page } = await test.open();
  const grant = await page.evaluate(async () => {
    const manager = (await t.site()).backgroundFetch;
    const listed = [];
    for (const key in manager) listed.push(key);
    const late = new Promise((resolve) => setTimeout(resolve, 5000, 'the browser asks'));
    return {
      listed: listed.includes('persist'),
      testable: 'persist' in BackgroundFetchManager.prototype,
      other: await t.rejection(() => BackgroundFetchManager.prototype.persist.call({})),
      // Firefox asks the user.
      grant: await Promise.race([manager.persist(), late]),
    };
  });
  assert.equal(grant.listed, false);
  assert.equal(grant.testable, true);
  assert.equal(grant.other.name, 'TypeError');
  if (grant.grant !== 'the browser asks') {
    assert.equal(typeof grant.grant.persisted, 'boolean');
    assert.ok(grant.grant.quota === null || grant.grant.quota > 0);
  }
});
