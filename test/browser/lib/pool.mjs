// Browsers that several tests use one after the other: a start takes longer than
// most tests. Each test has a server, hence an origin, of its own, and a browser
// whose test failed is not used again.
import { removeDirectory, temporaryDirectory } from './directories.mjs';

export class Pool {
  #idle = new Map(); // driver -> browsers
  #profiles = new Map(); // browser -> profile directory
  #options;

  /** options are those of each launch. */
  constructor(options) {
    this.#options = options;
  }

  /** A running browser, for one test alone until it is given back. */
  async take(driver) {
    const idle = this.#idle.get(driver)?.pop();
    if (idle) return idle;
    const profileDir = temporaryDirectory(driver.name);
    const browser = await driver.launch({ ...this.#options, profileDir });
    this.#profiles.set(browser, profileDir);
    return browser;
  }

  async giveBack(driver, browser, healthy) {
    if (!healthy) return this.#close(browser);
    try {
      await browser.closePages();
    } catch {
      return this.#close(browser);
    }
    this.#idle.set(driver, [...(this.#idle.get(driver) ?? []), browser]);
  }

  async #close(browser) {
    await browser.close();
    removeDirectory(this.#profiles.get(browser));
  }

  async close() {
    await Promise.all([...this.#idle.values()].flat().map((browser) => this.#close(browser)));
  }
}
