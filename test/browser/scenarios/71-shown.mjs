// What the user is shown: notifications, where a site has the permission.
//
// Chromium and Firefox give it to tests. WebKitGTK's MiniBrowser asks its user, so
// there it is only shown that nothing is shown, and that nothing depends on it.
import { assert, MiB, scenario } from '../lib/scenario.mjs';
import { open7 } from './7-lib.mjs';

/** In the worker: the site's own listeners, and clicks as the browser would make them. */
const listeners = () => {
  self.seen = [];
  self.clicks = [];
  self.addEventListener('notificationclick', (event) => self.seen.push(`click ${event.notification.tag}`));
  self.addEventListener('notificationclose', (event) => self.seen.push(`close ${event.notification.tag}`));
  self.addEventListener('backgroundfetchclick', (event) => {
    const { registration } = event;
    self.clicks.push({
      id: registration.id,
      result: registration.result,
      available: registration.recordsAvailable,
      isEvent: event instanceof BackgroundFetchEvent && !('updateUI' in event),
    });
    event.waitUntil(Promise.resolve());
  });
  self.addEventListener('backgroundfetchsuccess', (event) => {
    const icons = [{ src: 'done.png', sizes: '192x192' }];
    event.waitUntil(event.updateUI({ title: 'Ready', icons }));
  });
  self.fire = async (type, tag, action = '') => {
    const all = await self.registration.getNotifications();
    const notification = all.find((one) => one.tag.startsWith(tag));
    const event = new NotificationEvent(type, { notification, action });
    // The browser lets nobody extend an event that it did not make.
    const extended = [];
    Object.defineProperty(event, 'waitUntil', { value: (promise) => extended.push(promise) });
    self.dispatchEvent(event);
    // Not the hold on the worker that lasts for as long as there is work.
    await Promise.race([Promise.all(extended), new Promise((resolve) => setTimeout(resolve, 500))]);
  };
};

/** In the page: what is shown. */
const shown = async () => {
  const registration = await t.site();
  const all = registration.getNotifications ? await registration.getNotifications() : [];
  return all.map(({ tag, title, body, icon, silent, actions, data }) => ({
    tag, title, body, icon, silent, actions: actions?.map((one) => one.action), hasData: !!data,
  }));
};

scenario('a notification shows progress and result, and can be clicked', { timeout: 120_000 }, async (test) => {
  const grant = test.driver.name !== 'webkit';
  const { page, inWorker } = await open7(test, { grant });
  const permission = await inWorker(() => ('Notification' in self ? Notification.permission : 'none'));
  await inWorker(listeners);
  const file = test.resource({ size: 10 * MiB, rate: 2 * MiB });
  await page.evaluate(
    (url, downloadTotal) =>
      t.startFetch('film', url, {
        title: 'A "film" <b>',
        downloadTotal,
        icons: [{ src: 'small.png', sizes: '16x16' }, { src: 'icons/large.png', sizes: '192x192' }],
      }),
    file.url,
    file.size,
  );
  if (!grant) {
    assert.notEqual(permission, 'granted');
    await page.evaluateFor(40_000, () => t.waitForResult('film', 35_000));
    assert.deepEqual(await page.evaluate(shown), []);
    await page.waitFor('the storage to be empty', 10_000, () => t.storageIsEmpty());
    return;
  }
  assert.equal(permission, 'granted');

  const first = (await page.waitFor('a notification', 10_000, `async () => {
    const all = await (${shown})();
    return all.length > 0 && all;
  }`));
  assert.equal(first.length, 1);
  const [one] = first;
  assert.match(one.tag, /^bgfetch:[0-9a-f-]{36}$/);
  assert.equal(one.title, 'A "film" <b>');
  const host = new URL(test.server.url).host;
  const line = new RegExp(`^${host.replaceAll('.', '\\.')}\n[0-9.]+ / 10 MB$`);
  assert.match(one.body, line);
  if (one.icon !== undefined) assert.equal(new URL(one.icon).pathname, '/icons/large.png');
  // What the user can do, as far as the browser has actions.
  const wanted = ['abort', 'pause'];
  const max = await inWorker(() => Notification.maxActions ?? 0);
  if (max >= 2) assert.deepEqual(one.actions, wanted);

  // Clicks and closing, while it goes on. The site has a notification, too.
  await inWorker(async () => {
    await self.registration.showNotification('Own', { tag: 'own' });
    await self.fire('notificationclick', 'own');
    await self.fire('notificationclick', 'bgfetch:');
    await self.fire('notificationclose', 'bgfetch:');
    for (const shown of await self.registration.getNotifications()) if (shown.tag !== 'own') shown.close();
  });
  assert.deepEqual(await inWorker(() => self.seen), ['click own']);
  assert.deepEqual(await inWorker(() => self.clicks), [{ id: 'film', result: '', available: true, isEvent: true }]);
  await page.waitFor('the closed notification to come back', 10_000, `async () => (await (${shown})()).length === 2`);

  await inWorker(() => self.fire('notificationclick', 'bgfetch:', 'pause'));
  await new Promise((resolve) => setTimeout(resolve, 700));
  const paused = await page.evaluate(() => t.state('film').downloaded);
  await new Promise((resolve) => setTimeout(resolve, 1500));
  assert.equal(await page.evaluate(() => t.state('film').downloaded), paused, 'bytes while it is paused');
  assert.ok(paused < file.size);
  const pausedBody = (await page.evaluate(shown)).find((row) => row.tag !== 'own').body;
  assert.match(pausedBody, /\n⏸ /);
  await inWorker(() => self.fire('notificationclick', 'bgfetch:', 'resume'));

  assert.equal((await page.evaluate(() => t.waitForResult('film', 25_000))).result, 'success');
  await page.waitFor('the result to be shown', 10_000, `async () => (await (${shown})()).some((row) => row.title === 'Ready')`);
  const last = (await page.evaluate(shown)).filter((row) => row.tag !== 'own');
  assert.equal(last.length, 1);
  assert.equal(last[0].body, `${host}\n✓ 10 MB`);
  if (last[0].icon !== undefined) assert.equal(new URL(last[0].icon).pathname, '/done.png');
  await page.waitFor('the storage to be empty', 10_000, () => t.storageIsEmpty());
  await inWorker(() => self.fire('notificationclick', 'bgfetch:'));
  assert.deepEqual((await inWorker(() => self.clicks))[1], { id: 'film', result: 'success', available: false, isEvent: true });

  // The user aborts, and it is gone.
  const other = test.resource({ size: 10 * MiB, rate: MiB });
  await page.evaluate((url) => t.startFetch('aborted', url), other.url);
  const ours = `async () => (await (${shown})()).filter((row) => row.tag !== 'own' && row.title !== 'Ready')`;
  await page.waitFor('a notification', 10_000, `async () => (await (${ours})()).length === 1`);
  const [unnamed] = await page.evaluate(`(${ours})()`);
  assert.equal(unnamed.title, host);
  assert.match(unnamed.body, /^[0-9.]+ (k|M)?B$/);
  await inWorker(() => self.fire('notificationclick', 'bgfetch:', 'abort'));
  assert.equal((await page.evaluate(() => t.waitForResult('aborted', 10_000))).failureReason, 'aborted');
  await page.waitFor('the notification to go', 10_000, `async () => (await (${ours})()).length === 0`);
  assert.deepEqual(await inWorker(() => self.seen), ['click own']);
});

scenario('titles of all kinds are shown as the browser shows them', {}, async (test) => {
  if (test.driver.name === 'webkit') return; // see above
  const { page, inWorker } = await open7(test, { grant: true });
  const file = test.resource({ size: 64 * MiB, rate: 1000 });
  const titles = [`"quotes" & <b>`, 'line\nfeed', '😀', '\uD800 lone', '\uFDD0d800', '__proto__', 'x'.repeat(1000)];
  await page.evaluate(async (url, titles) => {
    const { backgroundFetch } = await t.site();
    for (const title of titles) await backgroundFetch.fetch(title, url, { title });
  }, file.url, titles);
  await inWorker(async (titles) => {
    for (const [index, title] of titles.entries()) await self.registration.showNotification(title, { tag: `own-${index}` });
  }, titles);
  await page.waitFor('all of them to be shown', 20_000, async (count) => (await (await t.site()).getNotifications()).length === count, 2 * titles.length);
  const all = await page.evaluate(shown);
  const sorted = (own) => all.filter(({ tag }) => tag.startsWith('own-') === own).map(({ title }) => title).sort();
  assert.deepEqual(sorted(false), sorted(true));
  await page.evaluate(async () => {
    const { backgroundFetch } = await t.site();
    for (const id of await backgroundFetch.getIds()) await (await backgroundFetch.get(id)).abort();
  });
  await page.waitFor('the storage to be empty', 10_000, () => t.storageIsEmpty());
});
