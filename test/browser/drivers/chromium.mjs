// Chromium by puppeteer over a pipe: it leaves by itself when the runner dies.
import { within } from '../lib/processes.mjs';
import { launchTagged, PuppeteerBrowser } from './puppeteer.mjs';

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
  const launched = await launchTagged({
    executablePath: executable,
    pipe: true,
    userDataDir: profileDir,
    args: [...flags, ...(native ? [] : ['--disable-blink-features=BackgroundFetch'])],
    // An attached debugger keeps a service worker alive for ever.
    targetFilter: (target) => target.type() !== 'service_worker',
  });
  return new Chromium(launched);
}

class Chromium extends PuppeteerBrowser {
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
}
