// The closing events in the worker, and what pages know when they come.
import { openAny } from '../../lib/any-worker.mjs';
import { assert, MiB, scenario } from '../../lib/scenario.mjs';

/** In the worker: listeners that behave as the id of the background fetch says. */
const listeners = () => {
  self.log = {};
  const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
  const name = (call) =>
    call().then(
      () => 'resolved',
      (error) => error.name,
    );
  const thrown = (call) => {
    try {
      call();
      return 'nothing';
    } catch (error) {
      return error.name;
    }
  };
  const read = async (registration) => {
    const [record] = await registration.matchAll();
    const response = await record.responseReady;
    await sleep(50);
    return (await response.arrayBuffer()).byteLength;
  };
  for (const type of ['success', 'fail', 'abort']) {
    self.addEventListener(`backgroundfetch${type}`, async (event) => {
      const { registration } = event;
      const row = (self.log[registration.id] = {
        type: event.type,
        target: event.target === self,
        isEvent: event instanceof BackgroundFetchEvent && event instanceof ExtendableEvent,
        hasUI: event instanceof BackgroundFetchUpdateUIEvent && 'updateUI' in event,
        bubbles: event.bubbles || event.cancelable,
        result: registration.result,
        reason: registration.failureReason,
        available: registration.recordsAvailable,
      });
      const tell = async () => {
        for (const client of await clients.matchAll({ includeUncontrolled: true }))
          client.postMessage({ closing: registration.id });
        row.ids = await self.registration.backgroundFetch.getIds();
        row.aborts = await registration.abort();
      };
      const [mode] = registration.id.split('-');
      // 'silent' does not call waitUntil() at all.
      if (mode === 'function') event.waitUntil(async () => {});
      else if (mode !== 'silent') event.waitUntil(tell());
      if (mode === 'silent' || mode === 'function') {
        row.size = await read(registration);
        row.late = await read(registration);
      }
      if (mode === 'several') {
        event.waitUntil(Promise.reject(new Error('of the site')).catch(() => {}));
        event.waitUntil(
          (async () => {
            await sleep(300);
            event.waitUntil(
              (async () => {
                await sleep(700);
                row.size = await read(registration);
              })(),
            );
          })(),
        );
      }
      if (mode === 'ui') {
        event.waitUntil(
          (async () => {
            row.first = await name(() => event.updateUI({ title: 'Ready' }));
            row.second = await name(() => event.updateUI({ title: 'Again' }));
          })(),
        );
      }
      while (registration.recordsAvailable) await sleep(50);
      row.after = {
        matchAll: await name(() => registration.matchAll()),
        match: await name(() => registration.match('/')),
        waitUntil: thrown(() => event.waitUntil(Promise.resolve())),
        ...(row.hasUI && { updateUI: await name(() => event.updateUI({})) }),
      };
      row.done = true;
    });
  }
};

scenario('closing events: types, waitUntil, updateUI, and what pages know before', { timeout: 120_000 }, async (test) => {
  const { page, inWorker } = await openAny(test);
  await inWorker(listeners);
  await page.evaluate(() => {
    self.known = {};
    navigator.serviceWorker.startMessages();
    navigator.serviceWorker.addEventListener('message', ({ data }) => {
      if (data.closing) self.known[data.closing] = t.state(data.closing);
    });
  });
  const file = test.resource({ size: 300_000 });
  const missing = test.resource({ size: 10, status: 404 });
  const slow = test.resource({ size: 8 * MiB, rate: MiB });
  const ids = ['plain', 'silent-1', 'function-1', 'several-1', 'ui-1', 'fail-1', 'abort-1'];
  await page.evaluate(
    async (ids, file, missing, slow) => {
      const url = { 'fail-1': missing, 'abort-1': slow };
      // Not all at once: some of them depend on what else the worker does.
      for (const id of ids) {
        await t.startFetch(id, url[id] ?? file);
        if (id === 'abort-1') self.aborted = await t.abort(id);
        await t.waitForResult(id, 20_000);
      }
    },
    ids,
    file.url,
    missing.url,
    slow.url,
  );
  assert.equal(await page.evaluate(() => self.aborted), true);
  let log;
  for (const end = Date.now() + 20_000; ; ) {
    log = await inWorker(() => self.log);
    if (ids.every((id) => log[id]?.done) || Date.now() > end) break;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  const after = { matchAll: 'InvalidStateError', match: 'InvalidStateError', waitUntil: 'InvalidStateError' };
  for (const id of ids) {
    const row = log[id];
    const [type, reason] = { 'fail-1': ['fail', 'bad-status'], 'abort-1': ['abort', 'aborted'] }[id] ?? ['success', ''];
    assert.equal(row.type, `backgroundfetch${type}`);
    assert.deepEqual(
      [row.target, row.isEvent, row.hasUI, row.bubbles, row.available],
      [true, true, type !== 'abort', false, true],
      id,
    );
    assert.equal(row.result, type === 'success' ? 'success' : 'failure');
    assert.equal(row.reason, reason);
    assert.deepEqual(row.after, { ...after, ...(type !== 'abort' && { updateUI: 'InvalidStateError' }) }, id);
    if (id.startsWith('silent') || id.startsWith('function')) {
      assert.deepEqual([row.size, row.late], [file.size, file.size], id);
    } else {
      // The page may have begun the next one already.
      assert.ok(!row.ids.includes(id), `getIds() in the event of ${id}: ${row.ids}`);
      assert.equal(row.aborts, false);
    }
  }
  assert.equal(log['several-1'].size, file.size);
  assert.deepEqual([log['ui-1'].first, log['ui-1'].second], ['resolved', 'InvalidStateError']);
  const known = await page.evaluate(() => self.known);
  for (const [id, result] of [
    ['plain', 'success'],
    ['fail-1', 'failure'],
    ['abort-1', 'failure'],
  ]) {
    assert.equal(known[id]?.result, result, `${id} in the page, when the worker's message came`);
  }
  await page.waitFor('the storage to be empty', 10_000, () => t.storageIsEmpty());
});
