// The code that web.dev publishes for files of AI models, and that of its demo:
//
//   Download AI models with the Background Fetch API
//     https://web.dev/articles/background-fetch-ai
//
// The worker is written from what the demo's page expects of it: the cache and the messages.
//
// Its habits: the cache is asked first; without the API a plain fetch(); get() before fetch(); a lone
// URL of another origin; `size` in an icon; a `downloadTotal` that is the text of a HEAD's
// Content-Length; progress that is not shown without a total; get() at each load of the page, and every
// three seconds; a worker that neither skips waiting nor claims, and tells all pages by messages.
import { cached, nothingThrown, openText, said } from '../../lib/reference.mjs';
import { assert, gets, scenario } from '../../lib/scenario.mjs';

const SIZE = 3_000_000;

const press = (page, id) => page.evaluate((id) => document.getElementById(id).click(), id);

/** What the page says, once it matches. */
const says = (page, pattern, ms = 20_000) =>
  page.waitFor(
    `the page to say ${pattern}`,
    ms,
    (source) => {
      const { textContent } = document.querySelector('#says');
      return new RegExp(source).test(textContent) && textContent;
    },
    pattern.source,
  );

/** Some of it is there, and not all. */
const UNDER_WAY = /^[1-9]\d* of 3000000$/;

scenario('reference: AI models, as web.dev fetches them', { native: true, timeout: 150_000 }, async (test) => {
  const { page, open, server } = await openText(test, 'models');
  const get = () => page.evaluate(async () => (await navigator.serviceWorker.ready).backgroundFetch.getIds());

  await press(page, 'get');
  await says(page, UNDER_WAY);
  // Whoever presses again, or reloads the page, has what is under way.
  await press(page, 'get');
  assert.deepEqual(await get(), ['voice-small']);
  await page.reload();
  await says(page, /^\d+ of 3000000$/);
  assert.equal(await page.evaluate(() => bar.hidden), false);
  // Meanwhile the same page without our script, in a browser that has no Background Fetch.
  if (!test.plain) await press(await open('/without.html'), 'get');
  await says(page, /^voice-small: arrived, 3000000 bytes$/, 60_000);
  await page.waitFor('the page to be ready for another', 10_000, () => bar.hidden && getButton.ariaDisabled === 'false');
  assert.deepEqual(await cached(page, 'voices', 1), { '/file/voice-small': SIZE });
  if (!test.plain) await said(test, 'voice-small: without the API, 3000000 bytes');
  const whole = gets(await server.log('voice-small')).filter(({ range }) => !range);
  assert.equal(whole.length, test.plain ? 1 : 2, 'each asked for it once');
  await press(page, 'get');
  await says(page, /^voice-small: stored before, 3000000 bytes$/);

  // Stopped, and begun again with the same id.
  await page.evaluate(() => caches.delete('voices'));
  for (const round of [1, 2]) {
    await press(page, 'get');
    await says(page, UNDER_WAY, 60_000);
    await press(page, 'stop');
    await says(page, /^voice-small: stopped/);
    assert.deepEqual(await get(), [], `round ${round}`);
  }
  await said(test, 'the voice was stopped: voice-small');
  nothingThrown(test);
});
