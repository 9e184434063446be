// What the user is shown.
//
// Chromium and Firefox give the permission to tests. WebKitGTK's MiniBrowser asks its user, so
// there the notifications are a fake (static/fake-notifications.js): what is shown and
// what clicks do is tested, but not that the browser shows it.
import { openAny } from './any-worker.mjs';

/** In the worker: what is shown. */
export const shown = async () => {
  const all = await self.registration.getNotifications();
  return all.map(({ tag, title, body, icon, silent, actions, data }) => ({
    tag,
    title,
    body,
    icon,
    silent,
    actions: actions?.map((one) => one.action),
    hasData: !!data,
  }));
};

/** In the worker: clicks as the browser would make them, by fire(type, tag, action). */
export const fireAtNotifications = () => {
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

/**
 * In the worker: showNotification() and getNotifications() take turns from now on. In Chromium, the second
 * forgets a notification that the first is just showing: 4 of 20 in a try, and none of 60 with turns.
 */
export const takeTurns = () => {
  let last = Promise.resolve();
  for (const name of ['showNotification', 'getNotifications']) {
    const method = self.registration[name].bind(self.registration);
    self.registration[name] = (...args) => {
      const result = last.then(() => method(...args));
      last = result.catch(() => {});
      return result;
    };
  }
};

/** A function that waits for what is shown, until that passes the test. */
export const watchShown =
  (inWorker) =>
  async (what, passes, ms = 10_000) => {
    for (const end = Date.now() + ms; ; ) {
      const all = await inWorker(shown);
      if (passes(all)) return all;
      if (Date.now() > end) throw new Error(`${what}: not within ${ms} ms; shown is ${JSON.stringify(all)}`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  };

/** A page and its worker, which may show notifications. */
export async function openGranted(test) {
  const fake = test.driver.name === 'webkit';
  const opened = await openAny(test, fake ? { worker: { notifications: 'fake' } } : { grant: true });
  await opened.inWorker(fireAtNotifications);
  await opened.inWorker(takeTurns);
  return { ...opened, waitForShown: watchShown(opened.inWorker) };
}
