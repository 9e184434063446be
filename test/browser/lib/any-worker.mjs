// A page, and a service worker that runs any code of a scenario.

/** options are parameters of the page's URL; worker those of the worker's. */
export async function openAny(test, { worker = {}, options = {}, browser, server = test.server, grant = false } = {}) {
  browser ??= await test.sharedBrowser();
  const origin = new URL(server.url).origin;
  if (grant) await grantNotifications(browser, origin, test.driver.name);
  const page = await browser.newPage(test.pageURL('/any.html', { server, worker: '/sw-any.js', ...options }));
  await page.evaluate((worker) => t.register(worker), worker);
  return { browser, page, inWorker: workerOf(page) };
}

/** The site may show notifications from now on. */
export async function grantNotifications({ browser }, origin, name) {
  await browser.defaultBrowserContext().overridePermissions(origin, ['notifications']);
  if (name !== 'firefox') return;
  // A machine without a desktop has no service to show notifications; Firefox has its own.
  const { connection } = browser;
  const tree = await connection.send('browsingContext.getTree', { 'moz:scope': 'chrome' });
  await connection.send('script.evaluate', {
    expression: `Services.prefs.setBoolPref('alerts.useSystemBackend', false)`,
    awaitPromise: false,
    target: { context: tree.result.contexts[0].context },
  });
}

/** Calls a function in the active worker, or in another one of the registration. */
export function workerOf(page, { which = 'active', scope } = {}) {
  return (code, ...args) =>
    page.evaluate((...all) => inWorker(...all), `(${code})(...${JSON.stringify(args)})`, which, scope ?? null);
}
