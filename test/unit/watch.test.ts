import assert from 'node:assert/strict';
import { test } from 'node:test';
import { events } from './realm';
import { DEAD_AFTER_MS, WATCH_INTERVAL_MS, type WatchMessage } from '../../jsglue/shared/protocol';

const settle = () => new Promise((resolve) => setImmediate(resolve));

/** The document of the page, which has to be there before the watch is loaded. */
const document = Object.assign(new EventTarget(), { hidden: false });
Object.assign(globalThis, { document });

/** A watch of one background fetch, and the messages that it sends. */
async function watching() {
  const { Watch } = await import('../../jsglue/page/watch');
  const messages: WatchMessage[] = [];
  const active = { postMessage: (message: WatchMessage) => void messages.push(message) };
  const watch = new Watch({ active } as unknown as ServiceWorkerRegistration, {
    groups: new Map([['season 1', null]]),
    uniqueIds: () => ['one'],
    hear: async () => {},
    lost: () => assert.fail('the registration has a worker'),
  });
  watch.renewSoon(['one']);
  await settle();
  return { watch, messages };
}

test('a watch is renewed in its interval, and not after it was stopped', async (t) => {
  t.mock.timers.enable({ apis: ['setInterval', 'setTimeout'] });
  const { watch, messages } = await watching();
  t.mock.timers.tick(2 * WATCH_INTERVAL_MS);
  assert.deepEqual(
    messages.map(({ uniqueIds, groups, awake }) => [uniqueIds, groups, awake]),
    Array(3).fill([['one'], ['season 1'], false]),
  );
  watch.stop();
  events.dispatchEvent(new Event('online'));
  navigator.serviceWorker.dispatchEvent(new Event('controllerchange'));
  t.mock.timers.tick(2 * WATCH_INTERVAL_MS + DEAD_AFTER_MS); // its ports are closed, too
  await settle();
  assert.equal(messages.length, 3);
});

test('a watch is renewed at once when the network, the page or the worker may be another', async (t) => {
  t.mock.timers.enable({ apis: ['setInterval', 'setTimeout'] });
  const { watch, messages } = await watching();
  const moments: [EventTarget, string][] = [
    [events, 'online'],
    [events, 'pageshow'],
    [document, 'visibilitychange'],
    [navigator.serviceWorker, 'controllerchange'],
  ];
  for (const [i, [target, type]] of moments.entries()) {
    target.dispatchEvent(new Event(type));
    await settle();
    assert.equal(messages.length, i + 2, type);
    assert.equal(messages.at(-1)!.awake, true, type);
  }
  document.hidden = true;
  document.dispatchEvent(new Event('visibilitychange'));
  await settle();
  assert.equal(messages.length, 5, 'a page that was hidden');
  t.mock.timers.tick(WATCH_INTERVAL_MS);
  assert.equal(messages.at(-1)!.awake, false, 'the next turn');
  document.hidden = false;
  watch.stop();
  t.mock.timers.tick(DEAD_AFTER_MS);
});
