// WebKitGTK's MiniBrowser, driven by an agent script in the pages.
//
// Not by WebKitWebDriver: its sessions keep nothing on the disk, and it ends the
// session as soon as any web process dies, while ending the process a service
// worker runs in is the only way to stop a worker. MiniBrowser without
// --automation has a profile and lives on; the agent (static/agent.js) asks the
// runner's channel for code to run, so every page for this driver loads it.
//
// WebKit runs the workers of a site in the process of one of the site's pages
// and never moves them. A launch with `stoppable` therefore opens helper tabs
// first (the same host, another port, hence the same site but another origin):
// the workers run in one of their processes, and killing that leaves the page.
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { killTag, processesOf, start, within } from '../lib/processes.mjs';
import { Page } from './page.mjs';
import { NetworkPortal } from './webkit/networkportal.mjs';

export const name = 'webkit';
const machine = os.arch() === 'arm64' ? 'aarch64' : 'x86_64';
export const executable = `/usr/lib/${machine}-linux-gnu/webkit2gtk-4.1/MiniBrowser`;

/** Helpers for each launch, and how many of them are to be left after all stops. */
const HELPERS = 4;
const HELPERS_LEFT = 2;
const CLIENTS = 100;
/** Tabs for pages of a test. One whose page has no agent is lost. */
const TABS = 2;

let display;

/** One X server for all browsers of the run. By itself it starts anew when its last client has gone, and refuses who comes just then. */
function xServer() {
  display ??= (async () => {
    const server = start('Xvfb', ['-displayfd', '3', '-screen', '0', '1024x768x24', '-nolisten', 'tcp', '-noreset'], {
      stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
    });
    const number = await within(
      20_000,
      'Xvfb',
      new Promise((resolve, reject) => {
        server.once('error', reject);
        server.once('exit', (code) => reject(new Error(`Xvfb ended with ${code}`)));
        server.stdio[3].on('data', (data) => resolve(String(data).trim()));
      }),
    );
    server.stdio[3].unref();
    server.unref();
    return `:${number}`;
  })();
  return display;
}

let launches = 0;

/** The end of a text file, which may be gone. */
const endOf = (file) => (fs.existsSync(file) ? fs.readFileSync(file, 'utf8').slice(-500) : '');

export async function launch({ profileDir, channel, stoppable = false, stops = 0, tabs: count = TABS, offline = false }) {
  const home = (directory) => {
    const full = path.join(profileDir, directory);
    fs.mkdirSync(full, { recursive: true });
    return full;
  };
  const prefix = `webkit-${++launches}`;
  const address = (tab) => `http://127.0.0.1:${channel.port}/agent/${prefix}/${tab}`;
  // The page's tabs begin at another site, so that their processes are made last.
  const tabs = Array.from({ length: count }, (_, i) => `tab${i}`);
  const tabURL = (tab) => `http://localhost:${channel.port}/tab.html#agent=${encodeURIComponent(address(tab))}`;
  const helpers = Array.from({ length: stoppable ? Math.max(HELPERS, stops + HELPERS_LEFT) : 0 }, (_, i) => `helper${i}`);
  const helperURL = (helper) => {
    const report = `http://127.0.0.1:${channel.port}/${prefix}`;
    return `http://127.0.0.1:${channel.port}/hosts.html?${new URLSearchParams({ helper, report, clients: CLIENTS })}`;
  };
  fs.writeFileSync(path.join(home('config'), 'user-dirs.dirs'), 'XDG_DOWNLOAD_DIR="$HOME/Downloads"\n');
  home('home/Downloads');
  const portal = offline ? await new NetworkPortal().start(path.join(profileDir, `bus-${launches}`)) : undefined;
  const complaints = path.join(profileDir, `stderr-${launches}`);
  const stderr = fs.openSync(complaints, 'w');
  const child = start(executable, [...tabs.map(tabURL), ...helpers.map(helperURL)], {
    stdio: ['ignore', 'ignore', stderr],
    env: {
      DISPLAY: await xServer(),
      HOME: home('home'),
      XDG_DATA_HOME: home('data'),
      XDG_CACHE_HOME: home('cache'),
      XDG_CONFIG_HOME: home('config'),
      WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS: '1',
      WEBKIT_DISABLE_COMPOSITING_MODE: '1',
      LIBGL_ALWAYS_SOFTWARE: '1',
      NO_AT_BRIDGE: '1',
      ...portal?.environment,
    },
  });
  fs.closeSync(stderr);
  const failed = new Promise((_, reject) => {
    child.once('error', reject);
    child.once('exit', (code, signal) => reject(new Error(`MiniBrowser ended (${code ?? signal}): ${endOf(complaints)}`)));
  });
  failed.catch(() => {});
  const opened = Promise.all([
    ...tabs.map((tab) => channel.tab(`${prefix}/${tab}`).nextDocument()),
    ...helpers.map((helper) => channel.reports(prefix).wait(helper, (report) => report.helper === helper)),
  ]);
  try {
    await within(60_000, 'MiniBrowser to open its tabs', Promise.race([opened, failed]));
  } catch (error) {
    await killTag(child.tag);
    portal?.close();
    throw error;
  }
  const pages = tabs.map((tab) => new WebKitPage(channel.tab(`${prefix}/${tab}`), address(tab)));
  return new WebKit({ child, tabs: pages, stoppable, portal, downloads: home('home/Downloads') });
}

class WebKitPage extends Page {
  constructor(tab, address) {
    super();
    this.tab = tab;
    this.address = address;
  }
  run(code) {
    return this.tab.run(code);
  }
  async #navigate(code) {
    const loaded = this.tab.nextDocument();
    this.tab.send(`void setTimeout(() => { ${code} })`);
    await within(30_000, 'the page to load', loaded);
  }
  async goto(url) {
    const known = new URL(url).origin === new URL(this.tab.url).origin;
    const target = known ? url : `${url}#agent=${encodeURIComponent(this.address)}`;
    await this.#navigate(`location.href = ${JSON.stringify(target)}`);
  }
  async reload() {
    await this.#navigate('location.reload()');
  }
  async reloadPastWorker() {
    await this.reload();
    return false;
  }
  async url() {
    return this.evaluate('location.href');
  }
  /** Leaves for a page of another site: its tab stays, its document is gone. */
  async close() {
    await this.goto(this.address.replace('127.0.0.1', 'localhost').replace(/agent.*/, 'tab.html'));
  }
}

class WebKit {
  #used = 0;
  /** downloads is the directory where files are saved. */
  constructor({ child, tabs, stoppable, portal, downloads }) {
    this.child = child;
    this.portal = portal;
    this.downloads = downloads;
    this.tabs = tabs;
    this.helpers = stoppable ? this.#webProcesses().map((row) => row.pid) : [];
  }

  #webProcesses() {
    return processesOf(this.child.tag).filter((row) => row.command.includes('/WebKitWebProcess'));
  }

  async newPage(url) {
    const page = this.tabs[this.#used++];
    if (!page) throw new Error(`the WebKit driver has ${this.tabs.length} tabs`);
    await page.goto(url);
    return page;
  }

  /** Closes all pages of newPage. */
  async closePages() {
    await Promise.all(this.tabs.slice(0, this.#used).map((page) => page.close()));
    this.#used = 0;
  }

  /** Whether no service worker runs in the process of the page. */
  workerIsApart() {
    return this.#webProcesses().every((row) => this.helpers.includes(row.pid) || !hasWorkerThread(row.pid));
  }

  /** Kills the process that the service workers run in. */
  async stopWorker() {
    const hosts = this.#webProcesses().filter((row) => hasWorkerThread(row.pid));
    for (const { pid } of hosts) {
      if (!this.helpers.includes(pid)) throw new Error('the service worker runs in the process of the page');
      process.kill(pid, 'SIGKILL');
    }
  }

  /** What the browser believes; connections are as before. */
  async setOffline(_, offline) {
    this.portal.setOnline(!offline);
  }

  async kill() {
    await killTag(this.child.tag);
    this.portal?.close();
  }

  async close() {
    await this.kill();
  }
}

/** WebKit names the threads of service workers, as far as Linux lets it. */
function hasWorkerThread(pid) {
  try {
    return fs
      .readdirSync(`/proc/${pid}/task`)
      .some((thread) => fs.readFileSync(`/proc/${pid}/task/${thread}/comm`, 'utf8').includes('ServiceWorker'));
  } catch {
    return false; // it ended meanwhile
  }
}
