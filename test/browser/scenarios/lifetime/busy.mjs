// Pages and workers that are busy for longer than the other one waits for a word.
import { assert, MiB, scenario } from '../../lib/scenario.mjs';

/** The uploads that a resource of the kind `upload` had. */
const uploads = async (resource) => (await resource.log()).filter(({ method }) => method === 'POST');

scenario('a page is busy right after the call: an upload is sent once', { drawn: true }, async (test) => {
  const { page } = await test.open();
  const target = test.resource({ kind: 'upload' });
  const started = await page.evaluateFor(
    60_000,
    async (url) => {
      const { postMessage } = ServiceWorker.prototype;
      const sent = [];
      ServiceWorker.prototype.postMessage = function (message, ...rest) {
        postMessage.call(this, message, ...rest);
        if (message.method !== 'POST') return;
        sent.push(message.path);
        // The message has to leave before.
        if (sent.length === 1)
          setTimeout(() => {
            for (const until = Date.now() + 9000; Date.now() < until; );
          }, 30);
      };
      const from = Date.now();
      await t.startFetch('up', { url, method: 'POST', body: { size: 1000, byte: 7 } });
      return { ms: Date.now() - from, sent };
    },
    target.url,
  );
  assert.ok(started.ms > 8000, `the page was busy: ${started.ms} ms`);
  await test.settled(page, 'up', 'backgroundfetchsuccess');
  assert.deepEqual(started.sent, ['fetches'], 'what had come was heard before it was asked again');
  const sent = await uploads(target);
  assert.deepEqual(
    sent.map(({ upload }) => upload.bytes),
    [1000],
  );
});

scenario('a call that is made again after its end is answered, also by the next worker', { drawn: true }, async (test) => {
  const { browser, page } = await test.open({ stoppable: true });
  const target = test.resource({ kind: 'upload' });
  await page.evaluate(async (url) => {
    const { postMessage } = ServiceWorker.prototype;
    ServiceWorker.prototype.postMessage = function (message, ports) {
      if (message.path === 'fetches') self.call = message;
      postMessage.call(this, message, ports);
    };
    await t.startFetch('up', { url, method: 'POST', body: { size: 1000, byte: 7 } });
  }, target.url);
  await test.settled(page, 'up', 'backgroundfetchsuccess');
  const again = () =>
    page.evaluateFor(30_000, async () => {
      const { active } = await t.site();
      const { status, body } = await new Promise((resolve) => {
        const ask = () => {
          const { port1, port2 } = new MessageChannel();
          port1.onmessage = ({ data }) => data.type === 'reply' && (clearInterval(timer), resolve(data));
          active.postMessage(self.call, [port2]);
        };
        // A message to a worker that is about to be ended can be lost.
        const timer = setInterval(ask, 2000);
        ask();
      });
      const { id, result, uploaded, recordsAvailable } = JSON.parse(body);
      return [status, id, result, uploaded, recordsAvailable];
    });
  const expected = [201, 'up', 'success', 1000, false];
  assert.deepEqual(await again(), expected);
  await browser.stopWorker(page);
  assert.deepEqual(await again(), expected, 'by the next worker');
  assert.equal((await uploads(target)).length, 1);
  await test.settled(page, 'up', 'backgroundfetchsuccess');
});

scenario('a worker is busy while it is handed a large body', { drawn: true }, async (test) => {
  const { page } = await test.open({ script: '/sw-busy.js' });
  const target = test.resource({ kind: 'upload' });
  const ms = await page.evaluateFor(
    80_000,
    async (url, size) => {
      const from = Date.now();
      await t.startFetch('large', { url, method: 'POST', body: { size, byte: 7 } });
      return Date.now() - from;
    },
    target.url,
    20 * MiB,
  );
  assert.ok(ms > 8000 && ms < 30_000, `the worker was busy: ${ms} ms`);
  await test.settled(page, 'large', 'backgroundfetchsuccess');
  const sent = await uploads(target);
  assert.deepEqual(
    sent.map(({ upload }) => upload.bytes),
    [20 * MiB],
  );
});
