// The examples of the explainer of the WICG:
//
//   Background Fetch, explainer   https://github.com/WICG/background-fetch/blob/main/README.md
//
// It is older than the draft, and no browser ever had its names. In what follows it they are those of the
// draft: `id` for `tag`, `downloadTotal` for `totalDownloadSize`, `getIds()` for `getTags()`,
// `backgroundfetchsuccess` for `backgroundfetched`, `registration.matchAll()` for `fetches`, `completeFetches`
// and `failedFetches`, and an object given to `updateUI()`.
//
// Its habits: fetch() in the worker, when a message is pushed; a fetch listener that answers with the
// responseReady of what is on its way; addAll() in the page where fetch() rejects; a form with a file, sent
// as a lone Request; the file taken out of the request again when that failed.
import { cached, nothingThrown, openText, said } from '../../lib/reference.mjs';
import { assert, gets, scenario } from '../../lib/scenario.mjs';

const says = (page, text) =>
  page.waitFor(`the page to say ${text}`, 20_000, (text) => document.querySelector('#says').textContent === text, text);

/** A message is pushed. */
const push = (text) => {
  const event = new ExtendableEvent('push');
  const extended = [];
  Object.defineProperty(event, 'data', { value: { text: () => text } });
  // The browser lets nobody extend an event that it did not make.
  Object.defineProperty(event, 'waitUntil', { value: (promise) => extended.push(promise) });
  self.dispatchEvent(event);
  return Promise.all(extended).then(() => self.registration.backgroundFetch.getIds());
};

scenario('reference: tapes, pushed and played while they arrive, as the explainer has it', {}, async (test) => {
  const { page, inWorker, server } = await openText(test, 'jobs');
  assert.deepEqual(await inWorker(push, 'something else'), []);
  assert.ok((await inWorker(push, 'new-tapes')).includes('tape-1'));
  // Its worker does not claim the pages that were there before it.
  await page.reload();
  const played = await page.evaluate(async () => {
    const { backgroundFetch } = await navigator.serviceWorker.ready;
    const response = await fetch('/file/tape-1.ogg?size=2000000&rate=1000000&type=audio/ogg');
    const early = (await backgroundFetch.get('tape-1'))?.downloaded;
    const { byteLength } = await response.arrayBuffer();
    return { early, byteLength, type: response.headers.get('content-type') };
  });
  assert.ok(played.early < 2_000_000, `${played.early} bytes when the response was there`);
  assert.deepEqual(played, { early: played.early, byteLength: 2_000_000, type: 'audio/ogg' });
  assert.deepEqual(await cached(page, 'tape-1', 2), { '/file/label-1': 9000, '/file/tape-1.ogg': 2_000_000 });
  assert.deepEqual(await cached(page, 'tape-2', 1), { '/file/tape-2.ogg': 100_000 });
  // From now on the same request is answered from the cache.
  const again = await page.evaluate(async () => {
    const response = await fetch('/file/tape-1.ogg?size=2000000&rate=1000000&type=audio/ogg');
    return (await response.arrayBuffer()).byteLength;
  });
  assert.equal(again, 2_000_000);
  const whole = gets(await server.log('tape-1.ogg')).filter(({ range }) => !range);
  assert.equal(whole.length, 1, 'it was asked for once');
  nothingThrown(test);
});

scenario("reference: a game's level, as the explainer has it", {}, async (test) => {
  const { page } = await openText(test, 'jobs');
  const level = { '/file/map-20': 60_000, '/file/sounds-20': 300_000, '/file/walls-20': 40_000 };
  await page.evaluate(() => fetchLevel('level-20'));
  await says(page, 'level-20 in the background');
  // The id is taken: the page does it itself.
  await page.evaluate(() => fetchLevel('level-20'));
  await says(page, 'level-20 in the page');
  assert.deepEqual(await cached(page, 'level-20', 3), level);
  await said(test, 'stored by the worker: level-20');
  nothingThrown(test);
});

scenario('reference: a clip is sent, as the explainer has it', {}, async (test) => {
  const { page, server } = await openText(test, 'jobs');
  const send = (name, query = '') =>
    page.evaluate(
      (name, query) => {
        const files = new DataTransfer();
        files.items.add(new File([new Uint8Array(70_000).fill(7)], name, { type: 'video/webm' }));
        form.elements.clip.files = files.files;
        form.dataset.query = query;
        form.requestSubmit();
      },
      name,
      query,
    );
  await send('pier.webm');
  await says(page, 'pier.webm in the background');
  await page.waitFor('its end', 20_000, async () => {
    const { backgroundFetch } = await navigator.serviceWorker.ready;
    return (await backgroundFetch.getIds()).length === 0;
  });
  const [{ upload }] = await server.log('pier.webm');
  assert.deepEqual(
    upload.parts.map(({ name, filename, bytes }) => [name, filename ?? '', bytes]),
    [
      ['clip', 'pier.webm', 70_000],
      ['note', '', 13],
    ],
  );

  await send('fog.webm', '?status=413');
  await says(page, 'fog.webm in the background');
  assert.deepEqual(await cached(page, 'drafts', 2), { '/drafts/clip': 70_000, '/drafts/note': 13 });
  assert.equal((await server.log('fog.webm')).length, 1);
  nothingThrown(test);
});
