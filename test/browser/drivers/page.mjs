// What all drivers share: code for a page travels as text and comes back as
// JSON, so an evaluation means the same in every browser.
import { within } from '../lib/processes.mjs';

/** An error that was thrown in the page. */
export class PageError extends Error {
  constructor({ name, message, stack }) {
    super(message);
    this.name = name;
    this.stack = `${name}: ${message}\n    in the page: ${stack ?? ''}`;
  }
}

export class Page {
  /**
   * Calls a function in the page with JSON arguments; async functions are
   * awaited. A string is an expression.
   */
  async evaluate(code, ...args) {
    return this.evaluateFor(30_000, code, ...args);
  }

  /** evaluate with a time limit in ms. */
  async evaluateFor(timeoutMs, code, ...args) {
    const call = typeof code === 'function' ? `(${code})(...${JSON.stringify(args)})` : `(${code})`;
    const wrapped = `(async () => {
      try {
        const value = await ${call};
        return JSON.stringify({ value: value === undefined ? null : value });
      } catch (e) {
        return JSON.stringify({ error: { name: String(e?.name), message: String(e?.message ?? e), stack: e?.stack } });
      }
    })()`;
    const what = `evaluate ${String(code).slice(0, 80).replaceAll(/\s+/g, ' ')}`;
    const result = JSON.parse(await within(timeoutMs, what, this.run(wrapped)));
    if (result.error) throw new PageError(result.error);
    return result.value;
  }

  /** What there is in the page, for a failure that is to be understood. */
  async #describe() {
    const inside = `typeof t === 'object' ? t.describe() : (async () => {
      const of = ({ document, navigator }) => ({
        text: document.body?.innerText.slice(0, 300),
        controller: navigator.serviceWorker?.controller?.state,
      });
      const registration = await navigator.serviceWorker?.getRegistration();
      return { active: registration?.active?.state, windows: [window, ...Array.from(frames)].map(of) };
    })()`;
    const description = await this.evaluateFor(5_000, inside).catch((error) => `${error}`);
    return description ? `there is ${JSON.stringify(description)}` : 'the page tells nothing';
  }

  /** Waits in the page, looking every 50 ms, until the function gives something truthy. */
  async waitFor(what, timeoutMs, code, ...args) {
    const inside = `async (ms, args) => {
      const end = Date.now() + ms;
      for (;;) {
        const value = await (${code})(...args);
        if (value) return value;
        if (Date.now() > end) return false;
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    }`;
    const value = await this.evaluateFor(timeoutMs + 5_000, `(${inside})(${timeoutMs}, ${JSON.stringify(args)})`);
    if (!value) throw new Error(`${what}: not within ${timeoutMs / 1000} s; ${await this.#describe()}`);
    return value;
  }
}

/** A page of puppeteer's. */
export class PuppeteerPage extends Page {
  constructor(page) {
    super();
    this.page = page;
    page.setDefaultTimeout(30_000);
  }
  run(code) {
    return this.page.evaluate(code);
  }
  async goto(url) {
    await this.page.goto(url, { waitUntil: 'load' });
  }
  async reload() {
    await this.page.reload({ waitUntil: 'load' });
  }
  /** A hard reload. Resolves with whether the driver can have the browser do one; else it is a usual one. */
  async reloadPastWorker() {
    const isChromium = (await this.page.browser().version()).includes('Chrome');
    if (!isChromium) await this.reload();
    else {
      const session = await this.page.createCDPSession();
      const loaded = this.page.waitForNavigation({ waitUntil: 'load' });
      await session.send('Page.reload', { ignoreCache: true });
      await loaded;
      await session.detach();
    }
    return isChromium;
  }
  async url() {
    return this.page.url();
  }
  async close() {
    if (!this.page.isClosed()) await this.page.close();
  }
}
