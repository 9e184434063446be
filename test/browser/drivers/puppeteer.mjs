// What Chromium and Firefox have in common under puppeteer.
import fs from 'node:fs';
import path from 'node:path';
import puppeteer from 'puppeteer-core';
import { killTag, newTag, within } from '../lib/processes.mjs';
import { PuppeteerPage } from './page.mjs';

/** Launches a browser whose processes carry a tag; env is added to the environment. */
export async function launchTagged({ env: more = {}, ...options }) {
  const { tag, env } = newTag();
  const launched = puppeteer.launch({
    headless: true,
    env: { ...process.env, ...env, ...more },
    handleSIGINT: false,
    handleSIGTERM: false,
    handleSIGHUP: false,
    timeout: 60_000,
    protocolTimeout: 120_000,
    ...options,
  });
  const browser = await launched.catch(async (error) => {
    await killTag(tag);
    throw error;
  });
  return { browser, tag };
}

/** Where a browser with that profile saves files. */
export function downloadDirectory(profileDir) {
  const directory = path.join(profileDir, 'downloads');
  fs.mkdirSync(directory, { recursive: true });
  return directory;
}

export class PuppeteerBrowser {
  /** downloads is the directory where files are saved. */
  constructor({ browser, tag, downloads }) {
    this.browser = browser;
    this.downloads = downloads;
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

  /** As a power cut: SIGKILL for the whole tree. */
  async kill() {
    await killTag(this.tag);
  }

  async close() {
    await within(10_000, 'the browser to close', this.browser.close()).catch(() => {});
    await killTag(this.tag);
  }
}
