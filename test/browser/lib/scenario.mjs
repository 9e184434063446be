// The list of scenarios, and what each of them is given to work with.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { removeDirectory, temporaryDirectory } from './directories.mjs';
import { directories, startServer } from './server.mjs';

export { assert };
export const MiB = 1024 * 1024;

export const scenarios = [];

/**
 * Adds a scenario. Options:
 *   native     also makes sense against the browser's own Background Fetch
 *   plain      needs nothing of ours: it tests the drivers
 *   browsers   names of those that it can be run in, longBrowsers of the long version
 *   drawn      takes long: it is run in one of them, drawn anew each time, without --long
 *   timeout    in ms, longTimeout of the long version (test.long)
 *   onlyLong   has only a long version
 *   alone      measures speed, or takes all of the machine: no other runs beside it
 * It may return cases, [{name, error?}], which are counted one by one.
 */
export function scenario(name, options, run) {
  scenarios.push({ name, timeout: 90_000, ...options, run });
}

/** What a scenario works with. Everything it opens is closed after it. */
export class Test {
  #own = []; // browsers and servers
  #shared = [];
  #directories = [];
  #resources = 0;

  constructor({ id, driver, pool, channel, native, plain, long }) {
    Object.assign(this, { id, driver, pool, channel, native, long });
    this.reports = channel.reports(id);
    // Without anything of ours the page and the worker are the plain ones.
    this.plain = native || plain;
  }

  /** Starts the server, whose origin no other test has. */
  async start() {
    this.server = await this.ownServer(directories);
  }

  temporaryDirectory() {
    const directory = temporaryDirectory(this.id.replaceAll(/[^\w]+/g, '-'));
    this.#directories.push(directory);
    return directory;
  }

  /** A browser of this test alone; its profile is new unless profileDir is given. */
  async launch({ profileDir = this.temporaryDirectory(), ...options } = {}) {
    const { channel, native } = this;
    const browser = await this.driver.launch({ profileDir, channel, native, ...options });
    browser.profileDir = profileDir;
    this.#own.push(browser);
    return browser;
  }

  /** A browser that earlier tests may have used. */
  async sharedBrowser() {
    const browser = await this.pool.take(this.driver);
    this.#shared.push(browser);
    return browser;
  }

  /** A server of this test alone. */
  async ownServer(directories, options) {
    const server = await startServer(directories, options);
    this.#own.push(server);
    return server;
  }

  /** URL of a page that reports to the runner. */
  pageURL(page = this.plain ? '/native.html' : '/page.html', { server = this.server, ...parameters } = {}) {
    const url = new URL(page, server.url);
    url.searchParams.set('channel', this.channel.address(this.id));
    url.searchParams.set('worker', this.plain ? '/sw-native.js' : '/sw-test.js');
    for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value);
    return url.href;
  }

  /**
   * A browser with a page of the site whose worker is active. `own` is a new
   * browser, for one that is to be killed; `quota` one where the site may store so many bytes
   * (not in WebKitGTK); `stoppable` one whose worker can be ended, `stops` times;
   * `tabs` is for how many pages it has room at least, `offline` that setOffline() is wanted.
   */
  async open({
    worker = {},
    script,
    page: path,
    server = this.server,
    own = false,
    stoppable = false,
    stops,
    tabs,
    offline,
    quota,
  } = {}) {
    for (;;) {
      const ofItsOwn = own || stoppable || quota;
      const browser = ofItsOwn ? await this.launch({ stoppable, stops, tabs, offline, quota }) : await this.sharedBrowser();
      const page = await browser.newPage(this.pageURL(path, { server, ...(script && { worker: script }) }));
      await page.evaluate((options) => t.register(options), worker);
      // WebKit chooses at random which process a worker runs in; one that shares
      // the page's cannot be stopped without it.
      if (!stoppable || (browser.workerIsApart?.() ?? true)) return { browser, page };
      await browser.close();
    }
  }

  /** A file of the fault server that only this test asks for. */
  resource({ origin, server = this.server, kind = 'file', ...options }) {
    const name = `${this.id}-${++this.#resources}`;
    const seed = this.#resources + 10;
    const url = `${origin ?? server.url}/${kind}/${name}?${new URLSearchParams({ seed, ...options })}`;
    return {
      name,
      url,
      size: options.size,
      log: () => server.log(name),
      sha256: () => server.sha256({ size: options.size, seed, ...(options.wav && { wav: 1 }) }),
    };
  }

  /** The worker's account of the closing event of a background fetch. */
  event(id, timeout = 60_000) {
    const is = (report) => report.kind === 'event' && report.id === id;
    return this.reports.wait(`the closing event of ${id}`, is, { timeout });
  }

  /** Ids of the worker instances so far. */
  boots() {
    return this.reports.all((report) => report.kind === 'boot').map((report) => report.boot);
  }

  /** Resolves when a new worker instance has started after the first `count`. */
  nextBoot(count, timeout = 30_000) {
    let seen = 0;
    const is = (report) => report.kind === 'boot' && ++seen > count;
    return this.reports.wait('a new worker instance', is, { timeout });
  }

  /** One event, of this type, and nothing left in the storage. */
  async settled(page, id, type) {
    const event = await this.event(id);
    assert.equal(event.type, type);
    // What is left for another try is no rest of it.
    if (type === 'backgroundfetchfail' && !this.plain) await page.evaluate(() => t.deleteRemains());
    await page.waitFor('the storage to be empty', 30_000, () => t.storageIsEmpty());
    const rows = await page.evaluate(() => t.results());
    const ended = rows.filter((row) => row.id === id && row.phase === 'end');
    assert.equal(ended.length, 1, `one closing event for ${id}, not ${JSON.stringify(rows)}`);
    return event;
  }

  /** passed: whether the browser is as good as new. */
  async close(passed) {
    const closing = [
      ...this.#shared.map((browser) => this.pool.giveBack(this.driver, browser, passed)),
      ...this.#own.map((thing) => thing.close()),
    ];
    const results = await Promise.allSettled(closing);
    this.#directories.forEach(removeDirectory);
    const failed = results.find((result) => result.status === 'rejected');
    if (failed) throw failed.reason;
  }
}

/** The folders of the scenarios, in the order in which they run: those that take longest are not the last. */
const FOLDERS = [
  'drivers',
  'network',
  'lifetime',
  'storage',
  'standard',
  'reference',
  'additions',
  'serving',
  'security',
  'site',
];

/** Loads all scenario files, by folder, in the order of their names. */
export async function loadScenarios() {
  const directory = path.join(import.meta.dirname, '../scenarios');
  const unknown = fs.readdirSync(directory).filter((name) => !FOLDERS.includes(name));
  if (unknown.length > 0) throw new Error(`not among the folders of scenarios: ${unknown}`);
  for (const folder of FOLDERS) {
    for (const file of fs.readdirSync(path.join(directory, folder)).sort()) await import(path.join(directory, folder, file));
  }
  return scenarios;
}

/** Body bytes the server sent for these log entries. */
export const bytesSent = (entries) => entries.reduce((sum, entry) => sum + entry.bytesSent, 0);

/** The GET requests among log entries. */
export const gets = (entries) => entries.filter((entry) => entry.method === 'GET');

/** Offsets that were asked for by Range, in order. */
export const rangeStarts = (entries) =>
  gets(entries)
    .filter((entry) => entry.range)
    .map((entry) => Number(entry.range.match(/^bytes=(\d+)-/)[1]));
