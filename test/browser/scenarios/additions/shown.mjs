// What the user is shown: notifications, where a site has the permission.
import { openAny } from '../../lib/any-worker.mjs';
import { openGranted, shown } from '../../lib/notifications.mjs';
import { assert, MiB, scenario } from '../../lib/scenario.mjs';

/** In the worker: the site's own listeners. */
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
};

scenario('without the permission nothing is shown', {}, async (test) => {
  const { page, inWorker } = await openAny(test);
  const file = test.resource({ size: 3 * MiB, rate: 2 * MiB });
  await page.evaluate((url) => t.startFetch('film', url, { title: 'A film' }), file.url);
  assert.equal((await page.evaluate(() => t.waitForResult('film', 20_000))).result, 'success');
  await page.waitFor('the storage to be empty', 10_000, () => t.storageIsEmpty());
  assert.deepEqual(await inWorker(shown), []);
  assert.notEqual(await inWorker(() => Notification.permission), 'granted', 'nor is it asked for');
});

scenario('a notification shows progress and result, and can be clicked', { timeout: 120_000 }, async (test) => {
  const { page, inWorker, waitForShown } = await openGranted(test);
  assert.equal(await inWorker(() => Notification.permission), 'granted');
  await inWorker(listeners);
  const file = test.resource({ size: 10 * MiB, rate: MiB });
  await page.evaluate(
    (url, downloadTotal) =>
      t.startFetch('film', url, {
        title: 'A "film" <b>',
        downloadTotal,
        icons: [
          { src: 'small.png', sizes: '16x16' },
          { src: 'icons/large.png', sizes: '192x192' },
        ],
      }),
    file.url,
    file.size,
  );
  const first = await waitForShown('a notification', (all) => all.length > 0);
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
  await waitForShown('the closed notification', (all) => all.length === 2);

  await inWorker(() => self.fire('notificationclick', 'bgfetch:', 'pause'));
  await new Promise((resolve) => setTimeout(resolve, 700));
  const paused = await page.evaluate(() => t.state('film').downloaded);
  await new Promise((resolve) => setTimeout(resolve, 1500));
  assert.equal(await page.evaluate(() => t.state('film').downloaded), paused, 'bytes while it is paused');
  assert.ok(paused < file.size);
  const pausedBody = (await inWorker(shown)).find((row) => row.tag !== 'own').body;
  assert.match(pausedBody, /\n⏸ /);
  await inWorker(() => self.fire('notificationclick', 'bgfetch:', 'resume'));

  assert.equal((await page.evaluate(() => t.waitForResult('film', 25_000))).result, 'success');
  const last = (await waitForShown('the result', (all) => all.some((row) => row.title === 'Ready'))).filter(
    (row) => row.tag !== 'own',
  );
  assert.equal(last.length, 1);
  assert.equal(last[0].body, `${host}\n✓ 10 MB`);
  if (last[0].icon !== undefined) assert.equal(new URL(last[0].icon).pathname, '/done.png');
  await page.waitFor('the storage to be empty', 10_000, () => t.storageIsEmpty());
  await inWorker(() => self.fire('notificationclick', 'bgfetch:'));
  assert.deepEqual((await inWorker(() => self.clicks))[1], { id: 'film', result: 'success', available: false, isEvent: true });

  // The user aborts, and it is gone.
  const other = test.resource({ size: 10 * MiB, rate: MiB });
  await page.evaluate((url) => t.startFetch('aborted', url), other.url);
  const ours = (all) => all.filter((row) => row.tag !== 'own' && row.title !== 'Ready');
  const [unnamed] = ours(await waitForShown('a notification', (all) => ours(all).length === 1));
  assert.equal(unnamed.title, host);
  assert.match(unnamed.body, /^[0-9.]+ (k|M)?B$/);
  await inWorker(() => self.fire('notificationclick', 'bgfetch:', 'abort'));
  assert.equal((await page.evaluate(() => t.waitForResult('aborted', 10_000))).failureReason, 'aborted');
  await waitForShown('no notification', (all) => ours(all).length === 0);
  assert.deepEqual(await inWorker(() => self.seen), ['click own']);
});

scenario('titles of all kinds are shown as the browser shows them', {}, async (test) => {
  const { page, inWorker, waitForShown } = await openGranted(test);
  const file = test.resource({ size: 64 * MiB, rate: 1000 });
  const titles = [`"quotes" & <b>`, 'line\nfeed', '😀', '\uD800 lone', '\uFDD0d800', '__proto__', 'x'.repeat(1000)];
  await page.evaluate(
    async (url, titles) => {
      const { backgroundFetch } = await t.site();
      for (const title of titles) await backgroundFetch.fetch(title, url, { title });
    },
    file.url,
    titles,
  );
  await inWorker(async (titles) => {
    for (const [index, title] of titles.entries()) await self.registration.showNotification(title, { tag: `own-${index}` });
  }, titles);
  const all = await waitForShown('all of them', ({ length }) => length === 2 * titles.length, 20_000);
  const sorted = (own) =>
    all
      .filter(({ tag }) => tag.startsWith('own-') === own)
      .map(({ title }) => title)
      .sort();
  assert.deepEqual(sorted(false), sorted(true));
  await page.evaluate(async () => {
    const { backgroundFetch } = await t.site();
    for (const id of await backgroundFetch.getIds()) await (await backgroundFetch.get(id)).abort();
  });
  await page.waitFor('the storage to be empty', 10_000, () => t.storageIsEmpty());
});
