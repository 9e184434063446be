// Chromium by puppeteer over a pipe: it leaves by itself when the runner dies.
import puppeteer from 'puppeteer-core';
import { killTag, newTag, within } from '../lib/processes.mjs';
import { PuppeteerPage } from './page.mjs';

export const name = 'chromium';
export const executable = '/usr/bin/chromium';

const flags = [
  '--no-sandbox',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/**
 * native: the browser's own Background Fetch instead of none.
 */
export async function launch({ profileDir, native = false }) {
  const { tag, env } = newTag();
  const launched = puppeteer.launch({
    executablePath: executable,
    headless: true,
    pipe: true,
    userDataDir: profileDir,
    env: { ...process.env, ...env },
    args: [...flags, ...(native ? [] : ['--disable-blink-features=BackgroundFetch'])],
    // An attached debugger keeps a service worker alive for ever.
    targetFilter: (target) => target.type() !== 'service_worker',
    handleSIGINT: false,
    handleSIGTERM: false,
    handleSIGHUP: false,
    timeout: 30_000,
    protocolTimeout: 120_000,
  });
  const browser = await launched.catch(async (error) => {
    await killTag(tag);
    throw error;
  });
  return new Chromium(browser, tag);
}

class Chromium {
  constructor(browser, tag) {
    this.browser = browser;
    this.tag = tag;
    this.pages = new Set();
  }

  async newPage(url) {
    const page = new PuppeteerPage(await this.browser.newPage());
    this.pages.add(page);
    await page.goto(url);
    return page;
  }

  /** Closes all pages of newPage. */
  async closePages() {
    await Promise.all([...this.pages].map((page) => page.close()));
    this.pages.clear();
  }

  /** Ends all running service workers; resolves when they are stopped. */
  async stopWorker(page) {
    const session = await page.page.createCDPSession();
    const versions = new Map();
    let changed;
    session.on('ServiceWorker.workerVersionUpdated', (event) => {
      for (const version of event.versions) versions.set(version.versionId, version.runningStatus);
      changed?.();
    });
    await session.send('ServiceWorker.enable');
    await session.send('ServiceWorker.stopAllWorkers');
    await within(
      10_000,
      'the workers to stop',
      (async () => {
        while ([...versions.values()].some((status) => status !== 'stopped')) {
          await new Promise((resolve) => (changed = resolve));
        }
      })(),
    );
    await session.detach();
  }

  /** As a power cut: SIGKILL for the whole tree. */
  async kill() {
    await killTag(this.tag);
  }

  async close() {
    await within(5_000, 'chromium to close', this.browser.close()).catch(() => {});
    await killTag(this.tag);
  }
}
