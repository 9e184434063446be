// Chromium by puppeteer over a pipe: it leaves by itself when the runner dies.
import { within } from '../lib/processes.mjs';
import { downloadDirectory, launchTagged, PuppeteerBrowser } from './puppeteer.mjs';

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
 * quota: what the site of each page may store, in bytes.
 */
export async function launch({ profileDir, native = false, quota = 0 }) {
  const launched = await launchTagged({
    executablePath: executable,
    pipe: true,
    userDataDir: profileDir,
    args: [...flags, ...(native ? [] : ['--disable-blink-features=BackgroundFetch'])],
    // An attached debugger keeps a service worker alive for ever.
    targetFilter: (target) => target.type() !== 'service_worker',
  });
  const downloads = downloadDirectory(profileDir);
  const session = await launched.browser.target().createCDPSession();
  await session.send('Browser.setDownloadBehavior', { behavior: 'allow', downloadPath: downloads });
  return Object.assign(new Chromium({ ...launched, downloads }), { quota });
}

class Chromium extends PuppeteerBrowser {
  #emulating = []; // sessions with service workers
  #root; // the session that these hang on

  async newPage(url) {
    const page = await super.newPage(url);
    if (this.quota) {
      // It holds for as long as the session does, which is as long as the page.
      const session = await page.page.createCDPSession();
      await session.send('Storage.overrideQuotaForOrigin', { origin: new URL(url).origin, quotaSize: this.quota });
    }
    return page;
  }

  /**
   * For the service workers that run: requests fail, and navigator.onLine says why.
   * A worker that starts later has to be told anew. Online ends it for all.
   */
  async setOffline(page, offline) {
    await this.#endEmulation();
    if (!offline) return;
    const root = (this.#root = await this.browser.target().createCDPSession());
    const { targetInfos } = await root.send('Target.getTargets', { filter: [{ type: 'service_worker' }] });
    for (const { targetId } of targetInfos) {
      const { sessionId } = await root.send('Target.attachToTarget', { targetId, flatten: true });
      const session = root.connection().session(sessionId);
      this.#emulating.push(session);
      await session.send('Network.enable');
      await emulate(session, true);
    }
  }

  /** What fires a sync event, or a push, at the worker of the page, also when that has gone. */
  async workerEvents(page) {
    const root = await this.browser.target().createCDPSession();
    const { targetInfos } = await root.send('Target.getTargets');
    const { targetId } = targetInfos.find(({ type, url }) => type === 'page' && url === page.page.url());
    const { sessionId } = await root.send('Target.attachToTarget', { targetId, flatten: true });
    const session = root.connection().session(sessionId);
    const { origin } = new URL(page.page.url());
    const registered = new Promise((resolve) =>
      session.on('ServiceWorker.workerRegistrationUpdated', ({ registrations }) => {
        const own = registrations.find(({ scopeURL, isDeleted }) => !isDeleted && new URL(scopeURL).origin === origin);
        if (own) resolve(own.registrationId);
      }),
    );
    await session.send('ServiceWorker.enable');
    const registrationId = await registered;
    return {
      sync: (tag) => session.send('ServiceWorker.dispatchSyncEvent', { origin, registrationId, tag, lastChance: false }),
      push: (data) => session.send('ServiceWorker.deliverPushMessage', { origin, registrationId, data }),
    };
  }

  /** Bytes that the JavaScript of the service workers uses after a garbage collection. */
  async workerHeap() {
    const root = await this.browser.target().createCDPSession();
    const { targetInfos } = await root.send('Target.getTargets', { filter: [{ type: 'service_worker' }] });
    let used = 0;
    for (const { targetId } of targetInfos) {
      const { sessionId } = await root.send('Target.attachToTarget', { targetId, flatten: true });
      const session = root.connection().session(sessionId);
      await session.send('HeapProfiler.collectGarbage');
      used += (await session.send('Runtime.getHeapUsage')).usedSize;
    }
    await root.detach();
    return used;
  }

  async #endEmulation() {
    for (const session of this.#emulating.splice(0)) {
      await emulate(session, false).catch(() => {}); // the worker may be gone
    }
    await this.#root?.detach();
    this.#root = undefined;
  }

  /** Ends all running service workers; resolves when they are stopped. */
  async stopWorker(page) {
    await this.#endEmulation(); // else the next one does not start
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
}

function emulate(session, offline) {
  const unlimited = { latency: 0, downloadThroughput: -1, uploadThroughput: -1 };
  return session.send('Network.emulateNetworkConditions', { offline, ...unlimited });
}
