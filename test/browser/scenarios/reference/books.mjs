// The examples of MDN, page by page, and those of Chrome's article, from which most of them are taken:
//
//   Introducing Background Fetch                       https://developer.chrome.com/blog/background-fetch
//   Background Fetch API                               https://developer.mozilla.org/docs/Web/API/Background_Fetch_API
//   and below https://developer.mozilla.org/docs/Web/API/:
//   ServiceWorkerRegistration: backgroundFetch         ServiceWorkerRegistration/backgroundFetch
//   BackgroundFetchManager, fetch(), get(), getIds()   BackgroundFetchManager
//   BackgroundFetchRegistration, match(), matchAll(),
//     abort(), recordsAvailable, id, progress          BackgroundFetchRegistration
//   BackgroundFetchRecord, request, responseReady      BackgroundFetchRecord
//   BackgroundFetchEvent                               BackgroundFetchEvent
//   BackgroundFetchUpdateUIEvent, updateUI()           BackgroundFetchUpdateUIEvent
//   backgroundfetchsuccess, -fail, -abort, -click      ServiceWorkerGlobalScope/backgroundfetchsuccess_event, …
//
// Their habits: a relative URL among absolute ones; a `downloadTotal` of 60 MB for whatever comes; `label`
// in an icon and in the options; updateUI() that nobody awaits, once with `icon` for `icons`; clicks
// that open a window outside of waitUntil(); and, in the page on backgroundfetchsuccess, a waitUntil()
// that is given a function instead of calling it.
import { cached, nothingThrown, openText, said } from '../../lib/reference.mjs';
import { assert, scenario } from '../../lib/scenario.mjs';

const BOOK = { '/file/chapter-7': 4_000_000, '/file/cover-7': 20_000 };
const CHAPTER = '/file/chapter-7?size=4000000&rate=1000000';

const rejection = (page, code) => page.evaluate(`(${code})().then(() => null, (error) => error.name)`);

const result = (page) =>
  page.waitFor('the result', 60_000, () => book.result && { result: book.result, reason: book.failureReason });

scenario('reference: a book, as MDN and Chrome fetch it', { native: true, timeout: 150_000 }, async (test) => {
  const { page, server } = await openText(test, 'books');
  await page.evaluate(() => fetchBook());
  await said(test, 'book-7');
  assert.deepEqual(await page.evaluate(() => listBooks()), ['book-7']);
  assert.equal(await rejection(page, 'fetchBook'), 'TypeError', 'the id is taken');
  await page.evaluate(() => findBook());
  assert.equal(await page.evaluate(() => book.id), 'book-7');
  assert.equal(await page.evaluate(() => canOpen()), true);
  await page.evaluate(() => followBook());
  assert.equal(await page.evaluate(() => openAll()), 2);
  assert.equal(await page.evaluate(() => openChapter('/file/chapter-9')), null);
  await said(test, 'there is no such chapter');
  // While it is on its way.
  const chapter = await page.evaluate((url) => openChapter(url), CHAPTER);
  assert.deepEqual(chapter, { asked: server.url + CHAPTER, status: 200, length: BOOK['/file/chapter-7'] });
  assert.deepEqual(await result(page), { result: 'success', reason: '' });
  await said(test, 'The book is at 6 %');
  assert.deepEqual(await cached(page, 'shelf', 2), BOOK);
  await page.waitFor('the records to be gone', 20_000, () => !canOpen());
  assert.equal(await rejection(page, 'openAll'), 'InvalidStateError');
  assert.deepEqual(await page.evaluate(() => listBooks()), []);

  // Found again by a page that is reloaded, and stopped there.
  await page.evaluate(() => fetchBook());
  await page.reload();
  await page.evaluate(() => findBook());
  assert.equal(await page.evaluate(() => stopBook()), true);
  assert.deepEqual(await result(page), { result: 'failure', reason: 'aborted' });
  await said(test, 'nothing is left of book-7');
  await page.evaluate(() => findBook());
  assert.equal(await page.evaluate(() => String(book)), 'undefined');

  // One file fails, and the other one is worth keeping.
  await page.evaluate(() => caches.delete('shelf'));
  await page.evaluate(() => fetchBroken());
  assert.deepEqual(await result(page), { result: 'failure', reason: 'bad-status' });
  assert.deepEqual(await cached(page, 'shelf', 1), { '/file/chapter-8': 50_000 });
  nothingThrown(test);
});

scenario('reference: a function given to waitUntil(), as in MDN', { native: true }, async (test) => {
  const { page } = await openText(test, 'books');
  assert.equal(await page.evaluate(() => fetchFilm([{ src: '/poster.png', sizes: '64x64' }])), 'film');
  await page.waitFor('its end', 30_000, async () => (await listBooks()).length === 0);
  // Here, as natively, nobody calls it.
  assert.deepEqual(await cached(page, 'screen', 0), {});
  if (!test.plain) await said(test, 'backgroundfetchsuccess: waitUntil() was given a function, which nobody calls');
  nothingThrown(test);
});

scenario('reference: titles and clicks, as MDN and Chrome have them', { drawn: true, timeout: 120_000 }, async (test) => {
  const { page, inWorker, waitForShown } = await openText(test, 'books', { shows: true });
  const titled = (title) => waitForShown(`the title ${title}`, (all) => all.some((one) => one.title === title), 20_000);
  const click = async (...urls) => {
    await inWorker(() => self.fire('notificationclick', 'bgfetch:'));
    await test.reports.wait(`${urls.at(-1)} to be opened`, ({ kind, url }) => kind === 'opened' && url === urls.at(-1));
    assert.deepEqual(
      test.reports.all(({ kind }) => kind === 'opened').map(({ url }) => url),
      urls,
    );
  };
  await page.evaluate(() => fetchBook());
  await titled('Book 7: the lighthouse');
  await click('/arriving');
  await titled('Book 7 can be heard');
  await click('/arriving', '/shelf');

  await page.evaluate(() => fetchBroken());
  await titled('The book did not arrive');
  nothingThrown(test);
});

// In the others no test can click what the browser shows.
scenario('reference: a click of the user opens a window', { browsers: ['firefox'] }, async (test) => {
  const browser = await test.launch();
  const { page, server, waitForShown } = await openText(test, 'books', { browser, shows: true });
  const opened = async (path) => {
    const urls = async () => (await browser.browser.pages()).map((one) => one.url());
    for (const end = Date.now() + 10_000; !(await urls()).includes(server.url + path); ) {
      if (Date.now() > end) throw new Error(`${path} was not opened; there are ${await urls()}`);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  };
  await page.evaluate(() => fetchBook());
  await waitForShown('the notification', (all) => all.length === 1);
  await browser.clickNotification();
  await opened('/arriving');
  await waitForShown('the result', ([one]) => one?.title === 'Book 7 can be heard', 20_000);
  await browser.clickNotification();
  await opened('/shelf');
});
