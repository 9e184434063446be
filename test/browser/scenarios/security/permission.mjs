// The permission that the site's policy gives: what permissions.query() says, denied, and prompt.
import { openAny } from '../../lib/any-worker.mjs';
import { assert, gets, MiB, scenario } from '../../lib/scenario.mjs';

const query = async () => {
  if (!navigator.permissions) return null;
  const status = await navigator.permissions.query({ name: 'background-fetch' });
  const other = await navigator.permissions.query({ name: 'notifications' }).then(
    (it) => it.state ?? 'none',
    (error) => error.name,
  );
  const bad = await navigator.permissions.query({ name: 'no-such' }).then(
    () => 'resolved',
    (error) => error.name,
  );
  return {
    state: status.state,
    name: status.name,
    isTarget: status instanceof EventTarget,
    isStatus: typeof PermissionStatus === 'undefined' || status instanceof PermissionStatus,
    text: String(status),
    other,
    bad,
  };
};

scenario('permission: granted, denied, prompt', { timeout: 120_000 }, async (test) => {
  const { page, inWorker } = await openAny(test);
  const file = test.resource({ size: MiB });
  const check = async (state, id) => {
    const natives = await page.evaluate(() => typeof Permissions);
    for (const answer of [await page.evaluate(query), await inWorker(query)]) {
      if (!answer) continue; // a realm without any permissions
      assert.equal(answer.state, state);
      assert.deepEqual(
        [answer.name, answer.isTarget, answer.isStatus, answer.text],
        ['background-fetch', true, true, '[object PermissionStatus]'],
      );
      assert.ok(['granted', 'denied', 'prompt', 'NotSupportedError'].includes(answer.other), answer.other);
      assert.notEqual(answer.bad, 'resolved');
    }
    assert.equal(natives, 'function');
    return page.evaluate((id, url) => t.rejection(() => t.startFetch(id, url)), id, file.url);
  };
  assert.equal(await check('granted', 'first'), null);
  await page.waitFor('the storage to be empty', 10_000, () => t.storageIsEmpty());

  // The next version of the worker has another policy; the page hears of it.
  await page.evaluate(async () => {
    self.changed = [];
    const status = await navigator.permissions.query({ name: 'background-fetch' });
    status.onchange = ({ target }) => self.changed.push(target.state);
  });
  await page.evaluate(() => t.register({ permission: 'denied' }));
  const denied = await check('denied', 'second');
  assert.equal(denied.name, 'NotAllowedError');
  assert.match(denied.message, /not permit/);
  assert.ok(await page.evaluate(() => t.storageIsEmpty()));
  assert.deepEqual(await page.evaluate(() => self.changed), ['denied']);

  await page.evaluate(() => t.register({ permission: 'prompt' }));
  assert.equal(await check('prompt', 'third'), null);
  await new Promise((resolve) => setTimeout(resolve, 1500));
  assert.equal((await page.evaluate(() => t.state('third'))).downloaded, 0);
  assert.equal(gets(await file.log()).length, 1, 'no request before the user agrees');
  // Where the site may show nothing, its own page asks, and says so to the worker.
  const resumed = await page.evaluate(async () => {
    const { port1, port2 } = new MessageChannel();
    const [{ uniqueId }] = await new Promise((resolve) => {
      port1.onmessage = ({ data }) => data.type === 'reply' && resolve(JSON.parse(data.body).fetches);
      self.ask(port2, 'GET', 'fetches');
    });
    return new Promise((resolve) => {
      const next = new MessageChannel();
      next.port1.onmessage = ({ data }) => data.type === 'reply' && resolve(data.status);
      self.ask(next.port2, 'POST', `fetches/${uniqueId}/resume`);
    });
  });
  assert.equal(resumed, 200);
  assert.equal((await page.evaluate(() => t.waitForResult('third', 20_000))).result, 'success');
  await page.waitFor('the storage to be empty', 10_000, () => t.storageIsEmpty());
});
