// Firefox by puppeteer over WebDriver BiDi. System access is on: the only way to
// end a worker at a chosen moment is the browser's own service worker manager.
import { downloadDirectory, launchTagged, PuppeteerBrowser } from './puppeteer.mjs';

export const name = 'firefox';
export const executable = '/usr/bin/firefox-esr';

const preferences = {
  // Start as usual after a SIGKILL, without asking anything.
  'browser.sessionstore.resume_from_crash': false,
  'toolkit.startup.max_resumed_crashes': -1,
  // Nothing of its own on the network or on the disk while a test measures.
  'app.update.enabled': false,
  'browser.safebrowsing.downloads.enabled': false,
  'network.captive-portal-service.enabled': false,
  'datareporting.policy.dataSubmissionEnabled': false,
  // What asks the user is agreed to.
  'dom.storageManager.prompt.testing': true,
  'dom.storageManager.prompt.testing.allow': true,
  'browser.download.always_ask_before_handling_new_types': false,
};

/** quota: what a site may store, in bytes, at least 10 MiB. */
export async function launch({ profileDir, quota = 0 }) {
  const downloads = downloadDirectory(profileDir);
  const launched = await launchTagged({
    browser: 'firefox',
    protocol: 'webDriverBiDi',
    // Who listens to the network makes Firefox keep all bodies in memory.
    networkEnabled: false,
    executablePath: executable,
    userDataDir: profileDir,
    env: { MOZ_CRASHREPORTER_DISABLE: '1' },
    args: ['-remote-allow-system-access'],
    extraPrefsFirefox: {
      ...preferences,
      'browser.download.folderList': 2,
      'browser.download.dir': downloads,
      // In KiB, of all sites; each may have a fifth of it.
      ...(quota && { 'dom.quotaManager.temporaryStorage.fixedLimit': (5 * quota) / 1024 }),
    },
  });
  return new Firefox({ ...launched, downloads });
}

class Firefox extends PuppeteerBrowser {
  /** Evaluates an expression with the rights of the browser itself. */
  async #privileged(expression) {
    const { connection } = this.browser;
    const tree = await connection.send('browsingContext.getTree', { 'moz:scope': 'chrome' });
    const { result } = await connection.send('script.evaluate', {
      expression,
      awaitPromise: true,
      target: { context: tree.result.contexts[0].context },
    });
    if (result.type !== 'success') throw new Error(`in the browser: ${JSON.stringify(result.exceptionDetails)}`);
    return result.result.value;
  }

  /** As the menu entry "Work Offline"; what goes to this machine still goes through. */
  async setOffline(_, offline) {
    await this.#privileged(`(() => {
      Services.io.manageOfflineStatus = false;
      Services.io.offline = ${offline};
    })()`);
  }

  /** Clicks the notification that Firefox shows itself, as the user would. */
  async clickNotification() {
    await this.#privileged(`(async () => {
      const [shown] = Services.wm.getEnumerator('alert:alert');
      shown.dispatchEvent(new shown.MouseEvent('click'));
    })()`);
  }

  /** Ends all running service workers; resolves when they are stopped. */
  async stopWorker() {
    await this.#privileged(`(async () => {
      const manager = Cc['@mozilla.org/serviceworkers/manager;1'].getService(Ci.nsIServiceWorkerManager);
      const all = manager.getAllRegistrations();
      for (let i = 0; i < all.length; i++) {
        const registration = all.queryElementAt(i, Ci.nsIServiceWorkerRegistrationInfo);
        await registration.activeWorker?.terminateWorker();
      }
    })()`);
  }
}
