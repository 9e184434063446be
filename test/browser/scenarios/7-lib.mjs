// What the scenarios 7x share: a page, and a worker that runs code of theirs.

/** options are parameters of the page's URL; worker those of the worker's. */
export async function open7(test, { worker = {}, options = {}, browser, server = test.server, grant = false } = {}) {
  browser ??= await test.sharedBrowser();
  const origin = new URL(server.url).origin;
  if (grant) await browser.browser.defaultBrowserContext().overridePermissions(origin, ['notifications']);
  const page = await browser.newPage(test.pageURL('/sw7-page.html', { server, worker: '/sw7-eval.js', ...options }));
  await page.evaluate((worker) => t.register(worker), worker);
  return { browser, page, inWorker: workerOf(page) };
}

/** Calls a function in the active worker, or in another one of the registration. */
export function workerOf(page, { which = 'active', scope } = {}) {
  return (code, ...args) =>
    page.evaluate((...all) => inWorker(...all), `(${code})(...${JSON.stringify(args)})`, which, scope ?? null);
}
