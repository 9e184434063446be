// A browser with a page of the site in it, ready to be measured.
import path from 'node:path';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import { drivers } from '../browser/drivers/index.mjs';
import { removeDirectory, temporaryDirectory } from '../browser/lib/directories.mjs';
import { root } from '../browser/lib/server.mjs';
import { cpuSeconds } from './meter.mjs';
import { description, MiB } from './works.mjs';
import { sri } from '../browser/lib/sri.mjs';

const built = path.join(root, 'test/.cache/bench');

/** What the server of a stand serves. */
export const directories = {
  '/': path.join(root, 'test/bench/site'),
  '/static/': path.join(root, 'test/browser/static'),
  '/dist/': path.join(root, 'dist'),
  '/built/': built,
};

/** Compiles the empty Go program and puts Go's glue beside it. */
export function buildEmpty() {
  fs.mkdirSync(built, { recursive: true });
  const flags = ['-trimpath', '-buildvcs=false', '-ldflags=-s -w -buildid='];
  execFileSync('go', ['build', ...flags, '-o', path.join(built, 'empty.wasm'), './test/bench/empty'], {
    cwd: root,
    env: { ...process.env, GOOS: 'js', GOARCH: 'wasm' },
  });
  const goroot = execFileSync('go', ['env', 'GOROOT'], { encoding: 'utf8' }).trim();
  fs.copyFileSync(path.join(goroot, 'lib/wasm/wasm_exec.js'), path.join(built, 'wasm_exec.js'));
}

/** The length of a piece, where bodies are hashed in pieces. */
const PIECE = 4 * MiB;

/** Settles: what a browser puts off until it has nothing to do. */
export const settle = (ms = 300) => new Promise((resolve) => setTimeout(resolve, ms));

/** The worker of each way that needs one of its own. */
const WORKERS = { native: '/sw-native.js', ranges: '/sw.js?ranges=true', one: '/sw.js?ranges=false', ours: '/sw.js' };

/** The way whose stand a way is gone on: with native there is nothing of ours, in any browser. */
export const standFor = (way) => (way in WORKERS ? way : ['plain', 'idle'].includes(way) ? 'native' : 'ours');

let stands = 0;
let runs = 0;

/** A name that no other run has. */
export const newName = (prefix) => `${prefix}-${++runs}`;

export class Stand {
  /**
   * Opens a browser with a new profile. way: 'native', with the browser's own Background
   * Fetch and nothing of ours; 'ranges', with several ranges at a time; 'one', with one; or 'ours', as it
   * comes. stoppable: the worker can be stopped.
   */
  static async open({ browser: name, server, channel, way = 'ours', stoppable = false }) {
    const native = way === 'native';
    for (;;) {
      const id = `stand-${++stands}`;
      const profileDir = temporaryDirectory(`bench-${name}`);
      if (native) allowDownloads(profileDir);
      const browser = await drivers[name].launch({ profileDir, channel, native, stoppable });
      const stand = new Stand({ name, browser, profileDir, server, way, reports: channel.reports(id) });
      try {
        const url = new URL(native ? '/native.html' : '/page.html', server.url);
        url.searchParams.set('channel', channel.address(id));
        url.searchParams.set('worker', WORKERS[way]);
        stand.url = url.href;
        stand.page = await browser.newPage(stand.url);
        await stand.page.evaluate(() => bench.register());
      } catch (error) {
        await stand.close();
        throw error;
      }
      // WebKit chooses at random which process a worker runs in.
      if (!stoppable || (browser.workerIsApart?.() ?? true)) return stand;
      await stand.close();
    }
  }

  constructor(parts) {
    Object.assign(this, parts);
  }

  /**
   * Does the work in one way and waits until nothing of it is stored any more.
   * Resolves with what the page saw, CPU seconds, and the server's log.
   */
  async run(work, way, { timeout = 600_000 } = {}) {
    const name = newName(`${way}-${work.name}`);
    const described = description(work, name, this.server);
    if (way === 'hashed') described.integrity = await this.#integrity(work);
    if (way === 'pieces') described.pieces = await this.#pieces(work);
    const before = cpuSeconds(this.browser);
    await this.page.evaluate((way, described) => bench.begin(way, described), way, described);
    const { error, run: _, ...seen } = await this.reports.wait(name, (report) => report.run === name, { timeout });
    const cpu = cpuSeconds(this.browser) - before;
    const log = Object.values(await this.server.logs(name)).flat();
    await forgetLog(this.server);
    if (error) throw new Error(error);
    await this.page.evaluateFor(100_000, () => bench.clean());
    return { ...seen, cpu, log };
  }

  async #integrity({ size }) {
    return sri(await this.server.sha256({ size }));
  }

  async #pieces({ size }) {
    const body = Buffer.from(await (await fetch(this.server.file('pieces', { size }))).arrayBuffer());
    await forgetLog(this.server);
    const hash = (start) =>
      createHash('sha256')
        .update(body.subarray(start, start + PIECE))
        .digest('base64');
    return { length: PIECE, hashes: Array.from({ length: Math.ceil(size / PIECE) }, (_, i) => `sha256-${hash(i * PIECE)}`) };
  }

  async close() {
    await this.browser.close();
    removeDirectory(this.profileDir);
  }
}

/** Chromium lets a site download once without a click and then no more, if it is not told otherwise. */
function allowDownloads(profileDir) {
  const directory = path.join(profileDir, 'Default');
  fs.mkdirSync(directory);
  const preferences = { profile: { default_content_setting_values: { automatic_downloads: 1 } } };
  fs.writeFileSync(path.join(directory, 'Preferences'), JSON.stringify(preferences));
}

/** The server forgets all requests so far. */
export async function forgetLog(server) {
  await fetch(`${server.url}/__log__`, { method: 'DELETE' });
}

const begunAt = (entry) => Date.parse(entry.time);

/** When the first request came, ms since 1970. */
export const firstRequest = (log) => Math.min(...log.map(begunAt));

/** The most requests that were under way at once. */
export function peakConnections(log) {
  const changes = log.flatMap((entry) => [
    [begunAt(entry), 1],
    [begunAt(entry) + entry.ms, -1],
  ]);
  changes.sort(([a, up], [b, down]) => a - b || up - down);
  let now = 0;
  return changes.reduce((peak, [, change]) => Math.max(peak, (now += change)), 0);
}
